"""Truth, sensors and scenarios for trying things out."""
