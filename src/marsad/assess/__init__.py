"""How good was it: GOSPA, OSPA(2), SIAP, NEES, lead time."""
