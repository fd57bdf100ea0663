"""What the sensors' frames amount to: messages for the core, answers for the senders, rejects with their reasons.

Nothing here waits or reads a clock; connections are numbers and frames are bytes with the time of their arrival.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any

import msgspec

from marsad.adapters import sapient
from marsad.sensing.site import Site
from marsad.station.frames import Frame, Reply
from marsad.terms import Message, PoseReport, RejectedInput, Sensor, SensorReport

MAX_NODES_PER_CONNECTION = 256
MAX_SENSORS = 4096
RAW_KEPT_BYTES = 512


@dataclass
class Taken:
    """What a batch of frames amounts to; ``sources`` pairs each message with the frame it came in."""

    messages: list[Message] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    rejected: list[RejectedInput] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)


@dataclass
class _Connection:
    nodes: OrderedDict[str, sapient.Node] = field(default_factory=OrderedDict)
    frames: int = 0
    acknowledged: int = 0


class Intake:
    """Knows the connections, their nodes and the sensors behind them."""

    def __init__(self, site: Site, station_id: str) -> None:
        self._known: dict[str, Sensor] = {s.sensor_id: s for s in site.sensors}
        self._by_node_id = {sapient.node_id_of(name): name for name in self._known}
        self._station_id = station_id
        self._connections: dict[int, _Connection] = {}
        self._intervals: dict[str, float] = {}
        self.counts: Counter[str] = Counter()

    def status_interval_s(self, sensor_id: str) -> float | None:
        """Give how often a sensor said it would report, ``None`` if it never did."""
        return self._intervals.get(sensor_id)

    def take(self, frames: list[Frame]) -> Taken:
        """Read frames in order of arrival."""
        taken = Taken()
        for frame in frames:
            if frame.payload is None and not frame.trouble:
                self._connections.pop(frame.connection, None)
                taken.replies.append(Reply(frame.connection, None))
                continue
            connection = self._connections.setdefault(frame.connection, _Connection())
            self._take_one(frame, connection, taken)
        self._acknowledge(frames[-1].arrival_utc_ns if frames else 0, taken)
        return taken

    def _take_one(self, frame: Frame, connection: _Connection, taken: Taken) -> None:
        payload = frame.payload or b""
        connection.frames += 1
        self.counts["frames"] += 1
        node_id = ""
        try:
            if frame.trouble:
                raise sapient.SapientError(frame.trouble, "frame")
            message = sapient.parse(payload)
            node_id = message.node_id if sapient.is_uuid(message.node_id) else ""
            if message.WhichOneof("content") == "registration":
                self._register(message, node_id, frame, connection, taken)
                return
            sapient.check(message)
            for read in self._read(message, frame, connection):
                taken.messages.append(read)
                taken.raw.append(payload)
        except sapient.SapientError as error:
            self._reject(error, node_id, frame, connection, taken)

    def _read(self, message: Any, frame: Frame, connection: _Connection) -> tuple[Message, ...]:
        node = connection.nodes.get(message.node_id)
        if node is None:
            raise sapient.SapientError(
                "this node has not registered on this connection: send a registration first", "node_id"
            )
        arrival = frame.arrival_utc_ns
        read = sapient.decode(message, node, arrival_utc_ns=arrival)
        if node.sensor is not None or node.kind == "weather":
            return read
        located = self._locate(message, node, arrival)
        if located.sensor is None:
            raise sapient.SapientError(
                "the place of this node is not known yet: send a status report with node_location", "node_location"
            )
        connection.nodes[message.node_id] = located
        return (SensorReport(arrival_utc_ns=arrival, sensor=located.sensor), *read)

    def _locate(self, message: Any, node: sapient.Node, arrival: int) -> sapient.Node:
        """Find the place of a node that did not say it when it registered in its status report."""
        if message.WhichOneof("content") != "status_report" or not message.status_report.HasField("node_location"):
            return node
        moving = msgspec.structs.replace(node, is_mobile=True)
        for read in sapient.decode(message, moving, arrival_utc_ns=arrival):
            if isinstance(read, PoseReport):
                return sapient.with_sensor(node, read.position, arrival, self._known.get(node.sensor_id))
        return node

    def _register(self, message: Any, node_id: str, frame: Frame, connection: _Connection, taken: Taken) -> None:
        arrival = frame.arrival_utc_ns
        try:
            sapient.check(message)
            name = self._by_node_id.get(message.node_id) or sapient.name_of(message)
            known = self._known.get(name)
            node = sapient.decode_registration(message, arrival_utc_ns=arrival, known=known, name=name)
            self._require_room(node, connection)
        except sapient.SapientError as error:
            self._reject(error, node_id, frame, connection, taken, answer=False)
            ack = sapient.registration_ack(self._station_id, node_id, arrival, accepted=False, reasons=error.reasons)
            taken.replies.append(Reply(frame.connection, ack))
            return
        connection.nodes[node.node_id] = node
        self._intervals[node.sensor_id] = node.status_interval_s
        if node.sensor is not None:
            taken.messages.append(SensorReport(arrival_utc_ns=arrival, sensor=node.sensor))
            taken.raw.append(frame.payload or b"")
        self.counts["registrations"] += 1
        ack = sapient.registration_ack(self._station_id, node.node_id, arrival, accepted=True)
        may_rest = all(one.kind == "weather" for one in connection.nodes.values())  # a weather report is not periodic
        taken.replies.append(Reply(frame.connection, ack, may_rest))

    def _require_room(self, node: sapient.Node, connection: _Connection) -> None:
        if node.node_id not in connection.nodes and len(connection.nodes) >= MAX_NODES_PER_CONNECTION:
            raise sapient.SapientError(
                f"no more than {MAX_NODES_PER_CONNECTION} nodes may share one connection", "node_id"
            )
        if node.sensor_id not in self._intervals and len(self._intervals) >= MAX_SENSORS:
            raise sapient.SapientError(f"no more than {MAX_SENSORS} sensors may register with one station", "node_id")

    def _reject(
        self,
        error: sapient.SapientError,
        node_id: str,
        frame: Frame,
        connection: _Connection,
        taken: Taken,
        *,
        answer: bool = True,
    ) -> None:
        node = connection.nodes.get(node_id)
        source = node.sensor_id if node else node_id or f"connection {frame.connection}"
        self.counts["rejected"] += 1
        taken.rejected.append(
            RejectedInput(
                arrival_utc_ns=frame.arrival_utc_ns,
                source=source,
                reason=str(error),
                field=error.field,
                raw=(frame.payload or b"")[:RAW_KEPT_BYTES].hex(),
            )
        )
        if answer:
            packet = frame.payload or b""
            said = sapient.error_message(self._station_id, node_id, frame.arrival_utc_ns, packet, error.reasons)
            taken.replies.append(Reply(frame.connection, said))

    def _acknowledge(self, now_utc_ns: int, taken: Taken) -> None:
        """Tell the nodes that asked how many of their connection's frames are about to be safe."""
        for number, connection in self._connections.items():
            if connection.frames == connection.acknowledged:
                continue
            asking = next((node for node in connection.nodes.values() if node.journal_acks), None)
            if asking is None:
                continue
            connection.acknowledged = connection.frames
            ack = sapient.journal_ack(self._station_id, asking.node_id, now_utc_ns, connection.frames)
            taken.replies.append(Reply(number, ack))
