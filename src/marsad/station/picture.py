"""The picture that the console is shown: all that stands, and what changed since it was last told."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marsad.pipeline import Outputs
from marsad.sensing.site import Site
from marsad.sensing.zone_watch import HAZARDS
from marsad.station import wire
from marsad.station.health import Health
from marsad.station.lines import overload_words
from marsad.station.wire import Json
from marsad.terms import RejectedInput, Watch, ZoneWarning, ZoneWatch

LISTS = (
    "tracks",
    "launches",
    "impacts",
    "corridors",
    "zones",
    "warnings",
    "sensors",
    "faults",
    "losses",
    "channels",
    "drills",
)
KEYS: dict[str, tuple[str, ...]] = {
    "tracks": ("track_id",),
    "launches": ("event_id",),
    "impacts": ("event_id",),
    "corridors": ("track_id",),
    "zones": ("zone_id",),
    "warnings": ("warning_id",),
    "sensors": ("sensor_id",),
    "faults": ("sensor_id", "kind"),
    "losses": ("cause",),
    "channels": ("channel_id",),
    "drills": ("drill_id",),
}
"""What names an entity in each list."""
REJECTS_KEPT = 50
NOTES_KEPT = 500
MOST: dict[str, int] = {"launches": 500, "impacts": 500, "warnings": 500, "drills": 20}
EVENT_KEPT_NS = 1_800_000_000_000
TRACK_KEPT_NS = 120_000_000_000
"""A track of which nothing is heard for so long has ended, whatever was not said about it."""


def key_of(name: str, entity: Mapping[str, Any]) -> str:
    """Name an entity within its list."""
    return " ".join(str(entity[k]) for k in KEYS[name])


class Picture:
    """What stands, by list and name."""

    def __init__(self, site: Site, health: Health, now_utc_ns: int) -> None:
        self.health = health
        self._site = site
        self._zone_seconds = site.policy.all_clear_s
        self._lists: dict[str, OrderedDict[str, Json]] = {name: OrderedDict() for name in LISTS}
        self._changed: dict[str, set[str]] = {name: set() for name in LISTS}
        self._ended: dict[str, list[str]] = {"tracks_ended": [], "events_ended": []}
        self._since: dict[str, tuple[str, int]] = {}
        self._fault_since: dict[str, int] = {}
        self.overload: Json | None = None
        self._loss_since: dict[str, int] = {}
        self._watch: dict[str, ZoneWatch] = {z.zone_id: ZoneWatch(zone_id=z.zone_id) for z in site.zones}
        self._touched: dict[tuple[str, str], int] = {}
        self._rejects: deque[Json] = deque(maxlen=REJECTS_KEPT)
        self._new_rejects: deque[Json] = deque(maxlen=REJECTS_KEPT)
        self._notes: deque[Json] = deque(maxlen=NOTES_KEPT)
        self._new_notes: list[Json] = []
        self.rejected_total = 0
        for zone in site.zones:
            self._put_zone(zone.zone_id, None, now_utc_ns, now_utc_ns)
        self._lose_watch(now_utc_ns)
        for known in health.sensors.values():
            self._put("sensors", wire.sensor(known, now_utc_ns))

    # --- what comes in ---

    def _put(self, name: str, entity: Json, now_utc_ns: int = 0) -> None:
        key = key_of(name, entity)
        found = self._lists[name]
        found[key] = entity
        found.move_to_end(key)
        self._changed[name].add(key)
        self._touched[name, key] = now_utc_ns
        if len(found) > MOST.get(name, 100_000):
            self._drop(name, next(iter(found)))

    def _put_zone(self, zone_id: str, warning: ZoneWarning | None, since_utc_ns: int, now_utc_ns: int) -> None:
        state = wire.zone_state(zone_id, warning, since_utc_ns)
        self._put("zones", {**state, **wire.watch(self._watch[zone_id])}, now_utc_ns)

    def _drop(self, name: str, key: str) -> None:
        self._lists[name].pop(key, None)
        self._changed[name].discard(key)
        self._touched.pop((name, key), None)

    def apply(self, outputs: Outputs, now_utc_ns: int) -> bool:
        """Take in what a step said; say whether the console should hear of it at once."""
        urgent = bool(outputs.warnings or outputs.faults)
        for track in outputs.tracks:
            if track.status == "ended":
                self._end_track(track.track_id)
            else:
                self._put("tracks", wire.track(track), now_utc_ns)
        for launch in outputs.launches:
            urgent |= launch.event_id not in self._lists["launches"] or launch.status == "cancelled"
            self._put("launches", wire.launch(launch), now_utc_ns)
        for impact in outputs.impacts:
            urgent |= impact.event_id not in self._lists["impacts"] or impact.outcome != "forecast"
            self._put("impacts", wire.impact(impact), now_utc_ns)
        for corridor in outputs.corridors:
            self._put("corridors", wire.corridor(corridor), now_utc_ns)
        for warning in outputs.warnings:
            self._warn(warning, now_utc_ns)
        for fault in outputs.faults:
            key = f"{fault.sensor_id} {fault.kind}"
            since = self._fault_since.setdefault(key, fault.arrival_utc_ns)
            self._put("faults", wire.fault(fault, since), now_utc_ns)
            if fault.cleared:
                self._fault_since.pop(key, None)
        if outputs.overload is not None:
            self.overload = wire.overload(outputs.overload) if outputs.overload.put_off else None
            said = overload_words(outputs.overload) if self.overload else ""
            self.trouble("pipeline", "overloaded", said, now_utc_ns)
        if outputs.watch is not None:
            urgent |= self._watched(outputs.watch, now_utc_ns)
        self.reject(outputs.rejected)
        return urgent

    def _end_track(self, track_id: str) -> None:
        if track_id in self._lists["tracks"]:
            self._ended["tracks_ended"].append(track_id)
        self._drop("tracks", track_id)
        self._drop("corridors", track_id)

    def _warn(self, warning: ZoneWarning, now_utc_ns: int) -> None:
        standing = self._lists["warnings"].get(warning.warning_id, {})
        acknowledged = standing.get("acknowledged_by") if standing.get("level") == warning.level else None
        self._put("warnings", wire.warning(warning, acknowledged), now_utc_ns)
        level, since = self._since.get(warning.zone_id, ("clear", 0))
        if level != warning.level:
            since = warning.arrival_utc_ns
            self._since[warning.zone_id] = (warning.level, since)
        if warning.zone_id in self._lists["zones"]:
            self._put_zone(warning.zone_id, warning, since, now_utc_ns)

    def _watched(self, watch: Watch, now_utc_ns: int) -> bool:
        """Take in who is watched over; say whether somebody is less, or more, than before."""
        zones = self._lists["zones"]
        for one in watch.zones:
            if one.zone_id in zones:
                self._watch[one.zone_id] = one
                state = {**zones[one.zone_id], **wire.watch(one)}
                if state != zones[one.zone_id]:
                    self._put("zones", state, now_utc_ns)
        return self._lose_watch(now_utc_ns)

    def _lose_watch(self, now_utc_ns: int) -> bool:
        """Show as losses of protection zones that nobody watches, and those not watched for all that they could be."""
        bare = [zone_id for zone_id, one in self._watch.items() if not one.since_utc_ns]
        is_news = self.lose("unwatched", now_utc_ns, bare)
        for hazard in HAZARDS:
            part = [zone_id for zone_id, one in self._watch.items() if one.since_utc_ns and hazard in one.lost]
            is_news |= self.lose(f"unwatched_{hazard}", now_utc_ns, part)
        return is_news

    def lose(self, cause: str, now_utc_ns: int, zone_ids: Sequence[str] = (), detail: str = "") -> bool:
        """Take in a loss of protection, which the console shows in its banner whatever else is shown there.

        Parameters
        ----------
        cause
            What it comes from; the console's words stand under ``loss.<cause>``.
        now_utc_ns
            When it was found; kept as its beginning until it has gone.
        zone_ids
            The zones that it takes protection from.
        detail
            What else is known, in a sentence for people; for a cause that concerns no zone in particular.

        Returns
        -------
        bool
            Whether that is news.  Without zones and detail the loss has gone.
        """
        standing = self._lists["losses"].get(cause)
        is_gone = not zone_ids and not detail
        if standing is None and is_gone:
            return False
        if standing is not None and (standing["zone_ids"], standing["detail"]) == (list(zone_ids), detail):
            return False
        since = self._loss_since.setdefault(cause, now_utc_ns)
        self._put("losses", wire.loss(cause, list(zone_ids), detail, since, cleared=is_gone), now_utc_ns)
        if is_gone:
            self._loss_since.pop(cause, None)
        return True

    @property
    def losses(self) -> list[Json]:
        """The losses of protection that stand."""
        return [one for one in self._lists["losses"].values() if not one["cleared"]]

    def move(self, changed: Iterable[str], now_utc_ns: int) -> None:
        """Take in sensors whose place, description or status changed."""
        for sensor_id in changed:
            self._put("sensors", wire.sensor(self.health.sensors[sensor_id], now_utc_ns), now_utc_ns)

    def reject(self, rejected: Iterable[RejectedInput]) -> None:
        """Take in inputs that could not be used."""
        for r in rejected:
            self.rejected_total += 1
            self._rejects.appendleft(wire.reject(r))
            self._new_rejects.appendleft(wire.reject(r))

    def channel(self, entity: Json) -> None:
        """Take in the state of a channel."""
        if self._lists["channels"].get(entity["channel_id"]) != entity:
            self._put("channels", entity)

    def drill(self, entity: Json) -> None:
        """Take in how a drill goes, which is a process of its own."""
        self._put("drills", entity)

    def trouble(self, part: str, kind: str, what: str, now_utc_ns: int) -> None:
        """Take in what is wrong with a part of the station itself; empty when nothing is."""
        key = f"{part} {kind}"
        standing = self._lists["faults"].get(key)
        if standing is None and not what:
            return
        if standing is not None and standing["reasons"] == ([what] if what else []):
            return
        since = self._fault_since.setdefault(key, now_utc_ns)
        fault = {"sensor_id": part, "kind": kind, "magnitude": 0.0, "unit": "", "since_utc_ms": wire.ms(since)}
        self._put("faults", {**fault, "reasons": [what] if what else [], "cleared": not what}, now_utc_ns)
        if not what:
            self._fault_since.pop(key, None)

    def acknowledge(self, warning_id: str, operator: str) -> bool:
        """Note who acknowledged a warning; say whether there is one."""
        standing = self._lists["warnings"].get(warning_id)
        if standing is None:
            return False
        self._put("warnings", {**standing, "acknowledged_by": operator})
        return True

    def annotate(self, note: Json) -> None:
        """Take in a note of an operator."""
        self._notes.append(note)
        self._new_notes.append(note)

    def warning(self, warning_id: str) -> Json | None:
        """Give a warning by its name."""
        return self._lists["warnings"].get(warning_id)

    def pass_time(self, now_utc_ns: int) -> bool:
        """Let what has grown old go; say whether the console should hear of it at once."""
        # against what is shown, not against what was found before: what is shown may be of a batch begun earlier
        shown = self._lists["sensors"]
        turned = {
            name
            for name, known in self.health.sensors.items()
            if name not in shown or shown[name]["status"] != known.status(now_utc_ns)
        }
        self.move(turned, now_utc_ns)
        for (name, key), touched in list(self._touched.items()):
            if name == "tracks" and now_utc_ns - touched > TRACK_KEPT_NS:
                self._end_track(key)
            elif name in ("launches", "impacts") and now_utc_ns - touched > EVENT_KEPT_NS:
                self._ended["events_ended"].append(key)
                self._drop("launches", key)
                self._drop("impacts", key)
        for zone_id, (level, since) in list(self._since.items()):
            if level == "all_clear" and now_utc_ns - since > self._zone_seconds * 1e9:
                self._since[zone_id] = ("clear", now_utc_ns)
                self._put_zone(zone_id, None, now_utc_ns, now_utc_ns)
        return bool(turned)

    # --- what goes out ---

    def snapshot(self) -> Json:
        """Give all that stands."""
        whole: Json = {name: list(found.values()) for name, found in self._lists.items()}
        whole["notes"] = list(self._notes)
        whole["rejects"] = list(self._rejects)
        whole["rejected_total"] = self.rejected_total
        return whole

    def delta(self) -> Json | None:
        """Give what changed since this was last asked, ``None`` if nothing did."""
        changes: Json = {}
        for name, keys in self._changed.items():
            found = self._lists[name]
            entities = [found[key] for key in sorted(keys) if key in found]
            if entities:
                changes[name] = entities
            keys.clear()
        for name in ("faults", "losses"):
            for entity in changes.get(name, ()):
                if entity["cleared"]:
                    self._drop(name, key_of(name, entity))
        for name, ended in self._ended.items():
            if ended:
                changes[name] = list(dict.fromkeys(ended))
                ended.clear()
        if self._new_notes:
            changes["notes"], self._new_notes = self._new_notes, []
        if self._new_rejects:
            changes["rejects"] = list(self._new_rejects)
            changes["rejected_total"] = self.rejected_total
            self._new_rejects.clear()
        return changes or None


def fold(whole: Json, delta: Json) -> None:
    """Bring a snapshot up to date with a delta, in place."""
    for name in LISTS:
        if name in delta:
            standing = {key_of(name, e): e for e in whole.get(name, ())}
            standing.update((key_of(name, e), e) for e in delta[name])
            whole[name] = [e for e in standing.values() if not e.get("cleared")]
    tracks, events = set(delta.get("tracks_ended", ())), set(delta.get("events_ended", ()))
    if tracks:
        whole["tracks"] = [e for e in whole["tracks"] if e["track_id"] not in tracks]
        whole["corridors"] = [e for e in whole["corridors"] if e["track_id"] not in tracks]
    if events:
        for name in ("launches", "impacts"):
            whole[name] = [e for e in whole[name] if e["event_id"] not in events]
    if "notes" in delta:
        whole["notes"] = [*whole.get("notes", ()), *delta["notes"]][-NOTES_KEPT:]
    if "rejects" in delta:
        whole["rejects"] = [*delta["rejects"], *whole.get("rejects", ())][:REJECTS_KEPT]
        whole["rejected_total"] = delta["rejected_total"]


def merge(first: Json, second: Json) -> None:
    """Join a later delta to an earlier one, in place."""
    for name in LISTS:
        if name in second:
            standing = {key_of(name, e): e for e in first.get(name, ())}
            standing.update((key_of(name, e), e) for e in second[name])
            first[name] = list(standing.values())
    for name in ("tracks_ended", "events_ended", "notes"):
        if name in second:
            first[name] = [*first.get(name, ()), *second[name]]
    if "rejects" in second:
        first["rejects"] = [*second["rejects"], *first.get("rejects", ())][:REJECTS_KEPT]
    for name, ended in (("tracks", "tracks_ended"), ("corridors", "tracks_ended")):
        if ended in second and name in first:
            first[name] = [e for e in first[name] if e["track_id"] not in set(second[ended])]
    if "rejected_total" in second:
        first["rejected_total"] = second["rejected_total"]
