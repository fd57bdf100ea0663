"""What the sensors' frames amount to: messages for the core, answers for the senders, rejects with their reasons.

Nothing here waits or reads a clock; connections are numbers and frames are bytes with the time of their arrival.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from marsad.adapters import sapient
from marsad.sensing.site import Site
from marsad.sensing.zone_watch import lost_after_s
from marsad.station.frames import Frame, Reply
from marsad.terms import Message, PoseReport, RejectedInput, Sensor, SensorReport

MAX_NODES_PER_CONNECTION = 256
MAX_SENSORS = 4096
RAW_KEPT_BYTES = 512
GRACE_NS = 1_000_000_000
"""So long who asks for a taken name may wait for the answer: the end of a line may come behind the next one's word."""
MOST_ASKING = 64
"""So many may wait for that answer at once; more are refused at once, as each is read again with every batch."""
LONGEST_SILENCE_S = 300.0
"""However rarely a sensor means to report, a session lives no longer without a word than a connection may."""


@dataclass
class Taken:
    """What a batch of frames amounts to; ``raw`` holds the frame of each message.

    ``frames`` counts them by connection, ``refused`` names the sensors whose names another connection asked for.
    """

    messages: list[Message] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    rejected: list[RejectedInput] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    frames: Counter[int] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


@dataclass
class _Connection:
    """``taken`` frames came, ``kept`` of them are in the journal with all that they amount to."""

    nodes: OrderedDict[str, sapient.Node] = field(default_factory=OrderedDict)
    taken: int = 0
    kept: int = 0


@dataclass
class _Session:
    """Which connection speaks for a sensor, under which identifier, and when it last did."""

    connection: int
    node_id: str
    heard_utc_ns: int


class Intake:
    """Knows the connections, their nodes and the sensors behind them."""

    def __init__(self, site: Site, station_id: str) -> None:
        self._known: dict[str, Sensor] = {s.sensor_id: s for s in site.sensors}
        self._by_node_id = {sapient.node_id_of(name): name for name in self._known}
        self._station_id = station_id
        self._connections: dict[int, _Connection] = {}
        self._intervals: dict[str, float] = {}
        self._sessions: dict[str, _Session] = {}
        self._asking: list[Frame] = []
        self.counts: Counter[str] = Counter()

    def status_interval_s(self, sensor_id: str) -> float | None:
        """Give how often a sensor said it would report, ``None`` if it never did."""
        return self._intervals.get(sensor_id)

    def take(self, frames: list[Frame], now_utc_ns: int = 0) -> Taken:
        """Read frames in order of arrival; ``now_utc_ns`` is the time, if it is later than their arrival."""
        taken = Taken()
        for frame in frames:
            if frame.payload is None and not frame.trouble:
                self._end(frame.connection)
                taken.replies.append(Reply(frame.connection, None))
                continue
            connection = self._connections.setdefault(frame.connection, _Connection())
            connection.taken += 1
            taken.frames[frame.connection] += 1
            self._take_one(frame, connection, taken)
        self._answer_asking(max(now_utc_ns, frames[-1].arrival_utc_ns if frames else 0), taken)
        return taken

    def _answer_asking(self, now_utc_ns: int, taken: Taken) -> None:
        """Look again at who asked for a name that was taken: let in whose time has come, refuse whose is over."""
        asking, self._asking = self._asking, []
        for frame in asking:
            connection = self._connections.get(frame.connection)
            if connection is None:
                continue  # it has gone, and its frame with it
            taken.frames[frame.connection] += 1
            message = sapient.parse(frame.payload or b"")
            self._register(message, message.node_id, frame, connection, taken, now_utc_ns=now_utc_ns)

    def _end(self, number: int) -> None:
        """Forget a connection that has ended: its sensors may come back on another at once."""
        self._connections.pop(number, None)
        self._sessions = {name: one for name, one in self._sessions.items() if one.connection != number}

    def _take_one(self, frame: Frame, connection: _Connection, taken: Taken) -> None:
        payload = frame.payload or b""
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
            self._hear(message, frame, connection)
            sapient.check(message)
            read = self._read(message, frame, connection)
        except sapient.SapientError as error:
            self._reject(error, node_id, frame, connection, taken)
            return
        except Exception as error:  # noqa: BLE001  whatever one frame does to a reader, the others of its batch are read
            self._reject(_unreadable(error), node_id, frame, connection, taken)
            return
        taken.messages.extend(read)
        taken.raw.extend([payload] * len(read))

    def _hear(self, message: Any, frame: Frame, connection: _Connection) -> None:
        """Note that a session lives."""
        node = connection.nodes.get(message.node_id)
        session = self._sessions.get(node.sensor_id) if node is not None else None
        if session is not None and session.connection == frame.connection:
            session.heard_utc_ns = frame.arrival_utc_ns

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

    def _register(
        self,
        message: Any,
        node_id: str,
        frame: Frame,
        connection: _Connection,
        taken: Taken,
        *,
        now_utc_ns: int = 0,
    ) -> None:
        arrival = max(frame.arrival_utc_ns, now_utc_ns)  # what is said late stands behind what was said meanwhile
        try:
            sapient.check(message)
            name = self._by_node_id.get(message.node_id) or sapient.name_of(message)
            known = self._known.get(name)
            node = sapient.decode_registration(message, arrival_utc_ns=arrival, known=known, name=name)
            self._require_room(node, connection)
            if not self._is_free(node, frame.connection, arrival):
                if arrival - frame.arrival_utc_ns >= GRACE_NS or len(self._asking) >= MOST_ASKING:
                    raise self._name_taken(node, taken)
                self._asking.append(frame)
                taken.frames[frame.connection] -= 1  # it is answered, kept and counted later
                return
        except sapient.SapientError as error:
            self._reject(error, node_id, frame, connection, taken, answer=False)
            ack = sapient.registration_ack(self._station_id, node_id, arrival, accepted=False, reasons=error.reasons)
            taken.replies.append(Reply(frame.connection, ack))
            return
        self._admit(node, replace(frame, arrival_utc_ns=arrival), connection, taken)

    def _admit(self, node: sapient.Node, frame: Frame, connection: _Connection, taken: Taken) -> None:
        arrival = frame.arrival_utc_ns
        before = self._sessions.get(node.sensor_id)
        if before is not None and before.connection != frame.connection:
            self.counts["sessions_taken_over"] += 1
            former = self._connections.get(before.connection)
            if former is not None:
                former.nodes.pop(before.node_id, None)
        connection.nodes[node.node_id] = node
        self._sessions[node.sensor_id] = _Session(frame.connection, node.node_id, arrival)
        self._intervals[node.sensor_id] = node.status_interval_s
        if node.sensor is not None:
            taken.messages.append(SensorReport(arrival_utc_ns=arrival, sensor=node.sensor))
            taken.raw.append(frame.payload or b"")
        for reason in node.overruled:
            told = RejectedInput(arrival_utc_ns=arrival, source=node.sensor_id, reason=reason, field="registration")
            taken.rejected.append(told)
        self.counts["registrations"] += 1
        ack = sapient.registration_ack(
            self._station_id, node.node_id, arrival, accepted=True, reasons=list(node.overruled)
        )
        may_rest = all(one.kind == "weather" for one in connection.nodes.values())  # a weather report is not periodic
        taken.replies.append(Reply(frame.connection, ack, may_rest))

    def _is_free(self, node: sapient.Node, connection: int, now_utc_ns: int) -> bool:
        """Whether no other session holds the sensor's name, or only one that is dead.

        It lives until its connection ends, or until the sensor has been silent on it for as long as makes it lost to
        the operator (``lost_after_s``): a line that died without a word holds up its own sensor no longer.
        """
        session = self._sessions.get(node.sensor_id)
        if session is None or (session.connection == connection and session.node_id == node.node_id):
            return True
        return now_utc_ns - session.heard_utc_ns > self._lives_s(node.sensor_id) * 1e9

    def _lives_s(self, sensor_id: str) -> float:
        return min(lost_after_s(self._intervals.get(sensor_id)), LONGEST_SILENCE_S)

    def _name_taken(self, node: sapient.Node, taken: Taken) -> sapient.SapientError:
        taken.refused.append(node.sensor_id)
        self.counts["sessions_refused"] += 1
        return sapient.SapientError(
            f"{node.sensor_id} speaks on another connection that lives; register again when that has ended or was "
            f"silent for {self._lives_s(node.sensor_id):.0f} s",
            "node_id",
        )

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

    def keep(self, frames: Counter[int], now_utc_ns: int) -> list[Reply]:
        """Note that all which these frames amount to is in the journal, synced; gives the acknowledgements due.

        A frame that was taken and never kept, for whatever reason, ends its connection's acknowledgements: they
        count the first frames of it, and the sensor sends the rest again.
        """
        replies = []
        for number, count in frames.items():
            connection = self._connections.get(number)
            if connection is None:
                continue
            connection.kept += count
            asking = next((node for node in connection.nodes.values() if node.journal_acks), None)
            if asking is None or connection.kept != connection.taken:
                continue
            ack = sapient.journal_ack(self._station_id, asking.node_id, now_utc_ns, connection.kept)
            replies.append(Reply(number, ack))
        return replies


def _unreadable(error: Exception) -> sapient.SapientError:
    return sapient.SapientError(f"this frame could not be read ({type(error).__name__}: {error})"[:300], "frame")
