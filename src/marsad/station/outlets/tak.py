"""TAK: Cursor on Target events to a TAK server, over TCP or TLS.

The protocol acknowledges nothing, so "delivered" means: written to a live connection whose other end answered the last
ping.  A connection that fails is made anew once at the next message or probe.  An alarm waits for no answer to a ping.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

from marsad.adapters import cot
from marsad.adapters.channel_test import ChannelTest, encode_cot
from marsad.adapters.keys import Kind
from marsad.station.channels import Message, Receipt

TIMEOUT_S = 1.0
TOTAL_S = 2.5
"""A message, with a connection made anew for it, takes no longer in all."""
DRAIN_S = 0.05
"""How long an alarm waits for what the server sends to be read: one that never stops holds it up no longer."""
LOOK_S = 0.02
"""How often it is looked whether a ping was answered; between two looks an alarm can go out."""


def tls_context(ca_file: Path, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """Make the context for a server of a known authority, with a certificate of one's own where it asks for one."""
    context = ssl.create_default_context(cafile=str(ca_file))
    if certificate is not None:
        context.load_cert_chain(str(certificate), str(key) if key else None)
    return context


class TakChannel:
    """A connection to one server."""

    kind = "tak"
    deadline_s = TOTAL_S + 0.5  # its own bound, and a name that is slow to resolve

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        sender: str,
        clock: Callable[[], int],
        identity: Kind = "actual",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.channel_id = f"tak:{name}"
        self._host, self._port, self._tls = host, port, tls
        self._sender = sender if identity == "actual" else f"EXERCISE-{sender}"
        self._clock = clock
        self._link: socket.socket | None = None
        self._heard_s = 0.0
        self._guard = threading.Lock()

    def deliver(self, message: Message) -> Receipt:
        """Send the event."""
        return self._send(cot.encode(message.warning, message.zone, self._sender, self._clock()))

    def probe(self) -> Receipt:
        """Ping the server and wait for anything that it says."""
        asked_s = time.monotonic()
        receipt = self._send(cot.ping(self._sender, self._clock()))
        if not receipt.delivered:
            return receipt
        while self._heard_s < asked_s:
            if time.monotonic() > asked_s + TIMEOUT_S:
                with self._guard:
                    self._drop()
                return Receipt(delivered=False, detail="no answer to a ping (timed out)")
            time.sleep(LOOK_S)
            with self._guard:
                try:
                    if self._link is None:
                        raise ConnectionResetError("the connection was lost")
                    self._drain(self._link, asked_s + TIMEOUT_S)
                except OSError as error:
                    self._drop()
                    return Receipt(delivered=False, detail=error.strerror or str(error))
        return Receipt(delivered=True, detail="the server answers")

    def test(self, test: ChannelTest) -> Receipt:
        """Send a map point that says TEST and is gone in a minute, and see that the server lives."""
        sent = self._send(encode_cot(test, self._sender))
        return self.probe() if sent.delivered else sent

    def close(self) -> None:
        """End the connection."""
        with self._guard:
            self._drop()

    def _send(self, content: bytes) -> Receipt:
        end = time.monotonic() + TOTAL_S
        with self._guard:
            said = ""
            for _ in range(2):
                try:
                    link = self._connected(end)
                    self._drain(link, end)
                    link.settimeout(_left_s(end))
                    link.sendall(content)
                except OSError as error:
                    self._drop()
                    said = error.strerror or str(error)
                    continue
                return Receipt(delivered=True, detail=f"sent to {self._host}:{self._port}")
            return Receipt(delivered=False, detail=f"{self._host}:{self._port}: {said}")

    def _connected(self, end: float) -> socket.socket:
        if self._link is None:
            link = socket.create_connection((self._host, self._port), timeout=_left_s(end))
            try:
                link.settimeout(_left_s(end))
                self._link = self._tls.wrap_socket(link, server_hostname=self._host) if self._tls else link
            except OSError:
                link.close()
                raise
        return self._link

    def _drain(self, link: socket.socket, end: float) -> None:
        """Read what the server sent meanwhile (others' events); an end of the stream shows here."""
        link.settimeout(0.0)
        try:
            end = min(end, time.monotonic() + DRAIN_S)
            while time.monotonic() < end:
                heard = link.recv(65536)
                if not heard:
                    raise ConnectionResetError("the server closed the connection")
                self._heard_s = time.monotonic()
        except (BlockingIOError, ssl.SSLWantReadError):
            return

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None


def _left_s(end: float) -> float:
    """Give how long one step of a message may take, of what is left of the whole."""
    return min(TIMEOUT_S, max(end - time.monotonic(), 0.01))
