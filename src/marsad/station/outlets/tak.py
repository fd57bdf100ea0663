"""TAK: Cursor on Target events to a TAK server, over TCP or TLS.

The protocol acknowledges nothing, so "delivered" means: written to a live connection whose other end answered the last
ping.  A connection that fails is made anew once at the next message or probe.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from marsad.adapters import cot
from marsad.adapters.channel_test import ChannelTest, encode_cot
from marsad.adapters.keys import Kind
from marsad.station.channels import Message, Receipt

TIMEOUT_S = 1.0


def tls_context(ca_file: Path, certificate: Path | None = None, key: Path | None = None) -> ssl.SSLContext:
    """Make the context for a server of a known authority, with a certificate of one's own where it asks for one."""
    context = ssl.create_default_context(cafile=str(ca_file))
    if certificate is not None:
        context.load_cert_chain(str(certificate), str(key) if key else None)
    return context


class TakChannel:
    """A connection to one server."""

    kind = "tak"

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
        self._guard = threading.Lock()

    def deliver(self, message: Message) -> Receipt:
        """Send the event."""
        event = cot.encode(message.warning, message.zone, self._sender, self._clock(), message.cap.outlives_ns)
        return self._send(event)

    def probe(self) -> Receipt:
        """Ping the server and wait for anything that it says."""
        receipt = self._send(cot.ping(self._sender, self._clock()))
        if not receipt.delivered:
            return receipt
        with self._guard:
            try:
                heard = self._link.recv(65536) if self._link is not None else b""
            except OSError as error:
                self._drop()
                return Receipt(delivered=False, detail=f"no answer to a ping ({error})")
            if not heard:
                self._drop()
                return Receipt(delivered=False, detail="the server closed the connection")
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
        with self._guard:
            said = ""
            for _ in range(2):
                try:
                    link = self._connected()
                    self._drain(link)
                    link.sendall(content)
                except OSError as error:
                    self._drop()
                    said = error.strerror or str(error)
                    continue
                return Receipt(delivered=True, detail=f"sent to {self._host}:{self._port}")
            return Receipt(delivered=False, detail=f"{self._host}:{self._port}: {said}")

    def _connected(self) -> socket.socket:
        if self._link is None:
            link = socket.create_connection((self._host, self._port), timeout=TIMEOUT_S)
            self._link = self._tls.wrap_socket(link, server_hostname=self._host) if self._tls else link
            self._link.settimeout(TIMEOUT_S)
        return self._link

    def _drain(self, link: socket.socket) -> None:
        """Read what the server sent meanwhile (others' events); an end of the stream shows here."""
        link.settimeout(0.0)
        try:
            while True:
                heard = link.recv(65536)
                if not heard:
                    raise ConnectionResetError("the server closed the connection")
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        finally:
            link.settimeout(TIMEOUT_S)

    def _drop(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None
