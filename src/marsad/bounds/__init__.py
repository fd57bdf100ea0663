"""What no estimator can beat: Cramér–Rao bounds of sensor line-ups."""
