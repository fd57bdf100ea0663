"""Forecasts to alarm states and messages."""
