"""Marsad (مرصد, "watch-post"): launch spotting, tracking and early warning for the people of a site."""

__version__ = "0.1.0"
