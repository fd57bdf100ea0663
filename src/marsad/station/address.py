"""Which addresses a station may listen on."""

from __future__ import annotations

import ipaddress
import socket

from marsad.adapters.errors import BadInputError


def is_loopback(host: str) -> bool:
    """Say whether everything a name stands for is this machine only."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(info[4][0]).split("%")[0]).is_loopback for info in found)


def require_loopback(host: str, *, insecure_bind: bool) -> None:
    """Refuse an address that others can reach.

    Raises
    ------
    BadInputError
        The address is not this machine's loopback and the refusal was not lifted.
    """
    if not insecure_bind and not is_loopback(host):
        raise BadInputError(
            "--host",
            f"127.0.0.1 (or another loopback address) expected, found {host!r}: sensors are not known by keys and "
            "nothing is encrypted. --insecure-bind lifts this refusal, on a network that only you can reach",
        )
