"""MQTT 3.1.1: each zone's state retained under ``TOPIC/KIND/zones/ZONE``, the CAP message under ``…/cap``,
tests under ``…/test``.

A message is delivered when the broker has acknowledged both (QoS 1), within ``TIMEOUT_S``.  The client reconnects by
itself; a message that finds no connection is a failure and is told as such, not queued: an alarm that arrives late
from a queue would be a false one.  Needs ``paho-mqtt`` (``pip install marsad[channels]``).
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import msgspec

from marsad.adapters.channel_test import HEADLINES, ChannelTest
from marsad.adapters.errors import BadInputError
from marsad.adapters.keys import Kind
from marsad.station.channels import Message, Receipt
from marsad.terms.text import one_level

if TYPE_CHECKING:
    from paho.mqtt.client import Client

TIMEOUT_S = 1.0
KEEPALIVE_S = 5


class MqttChannel:
    """Publishes to one broker; ``connect`` must be called once, before the first message."""

    kind = "mqtt"
    deadline_s = 2.0  # twice its own bound, for a name that is slow to resolve

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        topic: str = "marsad",
        identity: Kind = "actual",
        username: str = "",
        password: str = "",
        ca_file: str = "",
    ) -> None:
        self.channel_id = f"mqtt:{name}"
        self._host, self._port, self._identity = host, port, identity
        self._root = f"{topic.strip('/')}/{identity}"
        self._client = _client(self.channel_id, username, password, ca_file)
        self._begun = False
        self._guard = threading.Lock()

    def deliver(self, message: Message) -> Receipt:
        """Publish the zone's state and the CAP message."""
        state = msgspec.json.encode(
            {"warning": message.warning, "name": message.zone.name, "name_ar": message.zone.name_ar}
        )
        zone = one_level(message.zone.zone_id)
        return self._publish([(f"{self._root}/zones/{zone}", state, True), (f"{self._root}/cap", message.xml, False)])

    def probe(self) -> Receipt:
        """Publish that the station lives."""
        return self._publish([(f"{self._root}/alive", b"1", False)])

    def test(self, test: ChannelTest) -> Receipt:
        """Publish a test under its own topic, not retained: no zone's state is touched."""
        told = {"test_id": test.test_id, "headline": HEADLINES, "cap": test.xml.decode()}
        return self._publish([(f"{self._root}/test", msgspec.json.encode(told), False)])

    def close(self) -> None:
        """End the connection."""
        if self._begun:
            self._client.disconnect()
            self._client.loop_stop()
            self._begun = False

    def _publish(self, parts: list[tuple[str, bytes, bool]]) -> Receipt:
        end = time.monotonic() + TIMEOUT_S
        if not self._connected(end):
            return Receipt(delivered=False, detail=f"no connection to {self._host}:{self._port}")
        waiting = [self._client.publish(topic, payload, qos=1, retain=retain) for topic, payload, retain in parts]
        for one in waiting:
            try:
                one.wait_for_publish(max(end - time.monotonic(), 0.01))
            except (RuntimeError, ValueError) as error:
                return Receipt(delivered=False, detail=str(error))
            if not one.is_published():
                return Receipt(delivered=False, detail=f"not acknowledged by the broker in {TIMEOUT_S:.0f} s")
        return Receipt(delivered=True, detail="acknowledged by the broker")

    def _connected(self, end: float) -> bool:
        with self._guard:
            if not self._begun:
                self._begun = True
                self._client.connect_async(self._host, self._port, keepalive=KEEPALIVE_S)
                self._client.loop_start()
        while not self._client.is_connected() and time.monotonic() < end:
            time.sleep(0.01)
        return self._client.is_connected()


def _client(client_id: str, username: str, password: str, ca_file: str) -> Client:
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError as error:
        raise BadInputError("mqtt", "the package paho-mqtt is needed: pip install 'marsad[channels]'") from error
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id.replace(":", "-"))
    client.reconnect_delay_set(1, 5)
    if username:
        client.username_pw_set(username, password)
    if ca_file:
        client.tls_set(ca_certs=ca_file)
    return client
