"""The running service: journal, clock, sockets, API."""
