"""Web hooks: each message posted as JSON, with a keyed hash by which the receiver knows the sender.

A 2xx answer is a delivery.  Anything else, no answer within ``TIMEOUT_S`` or a refused connection is a failure after
one repeat; 4xx is not repeated, as the same message would be refused again.  Redirects are not followed.  The time is
that of the whole answer: a receiver that drips a byte a second is cut off at its end.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec

from marsad.adapters.channel_test import HEADLINES, ChannelTest
from marsad.adapters.keys import Kind
from marsad.station.channels import Message, Receipt

TIMEOUT_S = 2.0
REPEAT_AFTER_S = 0.3
USER_AGENT = "marsad"


class WebhookChannel:
    """Posts to one address.  ``X-Marsad-Signature`` is ``sha256=`` and HMAC-SHA-256 of the body with ``secret``."""

    kind = "webhook"
    deadline_s = 2 * TIMEOUT_S + REPEAT_AFTER_S + 0.5  # two tries, and a name that is slow to resolve

    def __init__(self, name: str, url: str, secret: bytes, identity: Kind = "actual") -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"a web hook's address begins with http:// or https://, not {url!r}")
        self.channel_id = f"webhook:{name}"
        self._url, self._secret, self._identity = url, secret, identity
        self._to = urlsplit(url)
        if not self._to.hostname or (self._to.port or 0) < 0:
            raise ValueError(f"a web hook's address names a host, {url!r} does not")

    def deliver(self, message: Message) -> Receipt:
        """Post the decision with its zone and the CAP message."""
        return self._post(
            {
                "type": "warning",
                "kind": self._identity,
                "warning": message.warning,
                "zone": {"zone_id": message.zone.zone_id, "name": message.zone.name, "name_ar": message.zone.name_ar},
                "cap_identifier": message.cap.identifier,
                "cap": message.xml.decode(),
            }
        )

    def probe(self) -> Receipt:
        """Post a message of type "probe", which the receiver only has to answer."""
        return self._post({"type": "probe", "kind": self._identity})

    def test(self, test: ChannelTest) -> Receipt:
        """Post a message of type "test"."""
        return self._post(
            {
                "type": "test",
                "kind": self._identity,
                "test_id": test.test_id,
                "headline": HEADLINES,
                "cap_identifier": test.identifier,
                "cap": test.xml.decode(),
            }
        )

    def _post(self, body: dict[str, Any]) -> Receipt:
        content = msgspec.json.encode(body)
        signature = hmac.new(self._secret, content, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "X-Marsad-Kind": self._identity,
            "X-Marsad-Signature": f"sha256={signature}",
        }
        said = ""
        for attempt in (1, 2):
            try:
                status = self._try(content, headers)
            except (OSError, ValueError, http.client.HTTPException) as error:
                said = "timed out" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
            else:
                said = f"HTTP {status}"
                if status < 300:
                    return Receipt(delivered=True, detail=said)
                if status < 500:
                    break
            if attempt == 1:
                time.sleep(REPEAT_AFTER_S)
        return Receipt(delivered=False, detail=said[:200])

    def _try(self, content: bytes, headers: dict[str, str]) -> int:
        """Post once and give the status of the answer, all of it within ``TIMEOUT_S``."""
        end = time.monotonic() + TIMEOUT_S
        connection, target = _connection(self._to, TIMEOUT_S)
        with contextlib.closing(connection):
            connection.connect()
            with _cut_off(connection.sock, end):
                connection.request("POST", target, content, headers)
                answer = connection.getresponse()
                answer.read(1024)
                return answer.status


@contextlib.contextmanager
def _cut_off(link: socket.socket, end: float) -> Iterator[None]:
    """End a connection at a time, whatever it is doing: time-outs of sockets begin anew with every byte that comes."""
    is_over = threading.Event()

    def cut() -> None:
        is_over.set()
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(end - time.monotonic(), 0.0), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, ValueError, http.client.HTTPException) as error:
        if is_over.is_set():
            raise TimeoutError("timed out") from error
        raise
    finally:
        timer.cancel()


def _connection(to: SplitResult, within_s: float) -> tuple[http.client.HTTPConnection, str]:
    """Give a connection to an address, through the proxy that the environment names, and what to ask of it."""
    assert to.hostname is not None
    target = (to.path or "/") + (f"?{to.query}" if to.query else "")
    proxy = None if urllib.request.proxy_bypass(to.hostname) else urllib.request.getproxies().get(to.scheme)
    through = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else to
    host, port = through.hostname or "", through.port
    if to.scheme == "https":
        secure = http.client.HTTPSConnection(host, port, timeout=within_s, context=ssl.create_default_context())
        if proxy:
            secure.set_tunnel(to.hostname, to.port)
        return secure, target
    return http.client.HTTPConnection(host, port, timeout=within_s), to.geturl() if proxy else target
