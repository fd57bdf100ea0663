"""From the tracker's arrays to reports: who is it, where may it go, what changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Int

from marsad import identify, track
from marsad.air.coverage import is_watched, note_steepest
from marsad.air.fates import name_of, rocket_probability
from marsad.air.origin import origin_of
from marsad.air.state import AirOutputs, AirState, Known, utc_ns
from marsad.geo import terrain_heights
from marsad.geo.site_frame import geodetic_of
from marsad.geo.zones import zone_hits
from marsad.identify import Judgement
from marsad.terms import Corridor, CorridorForecast, Disposition, TrackReport, TrackStatus
from marsad.terms.estimates import ZoneRisk

_UPPER = np.triu_indices(6)
_NEWS = 1.1  # by what part P(exists and attacks) must grow to be told before the ways ahead are laid out anew
_STATUS: dict[int, TrackStatus] = {
    int(track.Status.TENTATIVE): "tentative",
    int(track.Status.CONFIRMED): "confirmed",
    int(track.Status.COASTED): "coasted",
}


def describe(
    state: AirState, ended: track.Ended, dispositions: list[Disposition], *, is_all: bool = True
) -> AirOutputs:
    """Judge tracks as they stand and report what changed; contradicted claims go into the dispositions.

    ``is_all``: all tracks; otherwise those of which there is news (``_updated``).
    """
    now_s = state.tracking.time_s
    reports, lost = _end(state, ended, now_s)
    corridors: list[CorridorForecast] = []
    rows = np.arange(len(state.tracking.tracks.uid)) if is_all else _updated(state)
    if not rows.size:
        return AirOutputs(tracks=tuple(reports), lost_track_ids=tuple(lost), dispositions=tuple(dispositions))
    view = _View(state, rows)
    tracks = view.tracks
    identify.compare(state.book, view.states(now_s), state.params.claims, lists_of(state).released)
    if is_all:
        _watch_claims(state, now_s, view.estimate.position_enu_m, dispositions)
    judgements = view.judge(now_s)
    cleared: list[str] = []
    for row in range(rows.size):
        known = state.known[int(tracks.uid[row])]
        judged = judgements[row]
        known.is_released = judged.is_released
        if _is_worth_saying(known, judged, int(tracks.status[row]), float(tracks.updated_s[row]), now_s, state):
            reports.append(view.report(row, judged, now_s))
            known.reported_s, known.affiliation, known.is_reported = now_s, judged.affiliation, True
        forecast = view.corridor(row, judged, now_s)
        if forecast is not None:
            corridors.append(forecast)
            if judged.is_released:
                cleared.append(forecast.track_id)
    return AirOutputs(
        tracks=tuple(reports),
        corridors=tuple(corridors),
        cleared_track_ids=tuple(cleared),
        lost_track_ids=tuple(lost),
        dispositions=tuple(dispositions),
    )


def _updated(state: AirState) -> Int[np.ndarray, " row"]:
    """Rows of the tracks with a detection that was not there when last judged, or whose told ways are to be renewed."""
    tracks, old_s = state.tracking.tracks, state.tracking.time_s - state.params.corridor_every_s
    rows = []
    for row, (uid, hits) in enumerate(zip(tracks.uid.tolist(), tracks.hits.tolist(), strict=True)):
        known = state.known.get(uid)
        if known is None or known.hits != hits or (known.has_corridor and known.reach_s <= old_s):
            rows.append(row)
    return np.array(rows, dtype=np.int64)


def _is_worth_saying(
    known: Known, judged: Judgement, status: int, updated_s: float, now_s: float, state: AirState
) -> bool:
    if status == int(track.Status.TENTATIVE) and not known.is_reported:
        return judged.affiliation == "suspect"
    if judged.affiliation != known.affiliation or updated_s > known.reported_s:
        return True
    return now_s - known.reported_s >= state.params.repeat_s


def _end(state: AirState, ended: track.Ended, now_s: float) -> tuple[list[TrackReport], list[str]]:
    """Close the reports of tracks that ended; gives the suspects among them too."""
    reports, lost = [], []
    gone = {int(uid) for uid in ended.uid}
    for uid in gone:
        known = state.known.pop(uid, None)
        if known is None:
            continue
        if known.has_corridor:
            lost.append(name_of(uid))
        if known.memory.suspect:
            state.last_suspect_lost_s = now_s
        if known.is_reported:
            reports.append(_ended_report(state, uid, known, now_s))
    if gone or now_s - state.last_forget_s > 10.0:
        identify.forget(state.book, gone, now_s)
        state.last_forget_s = now_s
    return reports, lost


def _ended_report(state: AirState, uid: int, known: Known, now_s: float) -> TrackReport:
    place = known.last_place or state.site.origin
    return TrackReport(
        track_id=name_of(uid),
        time_utc_ns=utc_ns(state, now_s),
        status="ended",
        position=place,
        velocity_enu_ms=(0.0, 0.0, 0.0),
        covariance_enu=(0.0,) * 21,
        existence_probability=0.0,
        object_kind=known.kind,
        affiliation=known.affiliation,
        reasons=("not seen any more",),
        sensor_ids=known.sensor_ids,
    )


def _watch_claims(
    state: AirState, now_s: float, position_m: Float[np.ndarray, "track 3"], dispositions: list[Disposition]
) -> None:
    """Judge the claims by the sensors, from time to time; a claim newly contradicted is told."""
    if now_s - state.last_watch_s < state.params.watch_every_s:
        return
    state.last_watch_s = now_s
    note_steepest(state, position_m)
    watched = {
        key: is_watched(state, claim.position_m + (now_s - claim.time_s) * claim.velocity_ms)
        for key, claim in state.book.claims.items()
        if not claim.is_own_sensor and now_s - claim.time_s <= state.params.claims.max_age_s
    }
    confirmed = state.tracking.tracks.status >= int(track.Status.CONFIRMED)
    stand = state.tracking.tracks.uid[confirmed]
    for claim in identify.watch(state.book, now_s, watched, stand, state.params.claims):
        if claim.verdict == "contradicted":
            dispositions.append(
                Disposition(
                    detection_id=claim.key,
                    sensor_id="",
                    kind="rejected",
                    reason=f"cooperative claim contradicted by the sensors, not believed: {claim.why}",
                )
            )


def _first_seen(state: AirState, places_m: Float[np.ndarray, "track 3"], row: int) -> Known:
    """Begin to remember a track; what is first seen among the zones rose there, unless it may be a lost suspect.

    Where a known track was missed in the look that began this one, and close by, one body flew on in a way that the
    tracker did not follow: what it has shown before still counts.
    """
    place_m = places_m[row]
    east, north = float(place_m[0]), float(place_m[1])
    before = _forerunner(state, places_m, row)
    if before is not None:
        # how a listed friend has flown speaks against nobody who begins beside it
        threat = identify.ThreatMemory() if before.is_released else before.memory.threat.heir()
        memory = identify.IdentityMemory(threat=threat)
        return Known(memory=memory, first_en_m=before.first_en_m)
    is_inside = bool(zone_hits(np.array([east]), np.array([north]), state.own_ground).any())
    has_lost = state.tracking.time_s - state.last_suspect_lost_s < state.params.lost_suspect_s
    origin: identify.Origin = "own_ground" if is_inside and not has_lost else "unknown"
    memory = identify.IdentityMemory(threat=identify.ThreatMemory(origin=origin))
    return Known(memory=memory, first_en_m=(east, north))


def _forerunner(state: AirState, places_m: Float[np.ndarray, "track 3"], row: int) -> Known | None:
    """The nearest known track that was not seen when this one was, if it is near enough to have become this one."""
    tracks = state.tracking.tracks
    gap_m = np.linalg.norm(places_m - places_m[row], axis=1)
    is_missed = (tracks.updated_s < tracks.updated_s[row]) & (tracks.range_known > 0) & (tracks.hits >= 4)
    for other in np.argsort(np.where(is_missed, gap_m, np.inf), kind="stable"):
        if not is_missed[other] or gap_m[other] > state.params.heir_m:
            return None
        known = state.known.get(int(tracks.uid[other]))
        if known is not None:
            return known
    return None


def lists_of(state: AirState) -> identify.Lists:
    """Who is listed, by the site."""
    return identify.Lists(
        own=frozenset(state.site.own_transponder_ids),
        friends=frozenset(state.site.friendly_transponder_ids),
        sensors=frozenset(sensor.sensor_id for sensor in state.site.sensors),
    )


class _View:
    """Some rows of the tracks as they stand, as arrays; made once a step."""

    def __init__(self, state: AirState, rows: Int[np.ndarray, " row"]) -> None:
        self.state = state
        whole = state.tracking.tracks
        self.tracks = whole if rows.size == whole.uid.size else track.Tracks(*(array[rows] for array in whole))
        self.estimate = track.estimate(self.tracks, state.tracking_params)
        self.place = [geodetic_of(state.frame, p) for p in self.estimate.position_enu_m]
        ground = terrain_heights(
            state.site.terrain,
            np.array([p.latitude_rad for p in self.place]),
            np.array([p.longitude_rad for p in self.place]),
        )
        height = np.array([p.height_m for p in self.place])
        self.motion = identify.motion_of(
            self.estimate.position_enu_m,
            self.estimate.velocity_enu_ms,
            self.estimate.covariance,
            self.estimate.position_enu_m[:, 2] - (height - ground),
            state.site.terrain.height_sigma_m,
            self.estimate.rocket_probability,
        )
        places_m = None
        for row, uid, hits in zip(rows.tolist(), self.tracks.uid.tolist(), self.tracks.hits.tolist(), strict=True):
            if uid not in state.known:
                places_m = track.position_enu_m(whole) if places_m is None else places_m
                state.known[uid] = _first_seen(state, places_m, row)
            state.known[uid].hits = hits

    def states(self, now_s: float) -> identify.TrackStates:
        """Tracks with known range, for the comparison with claims."""
        rows = np.flatnonzero((self.tracks.range_known > 0) & (self.tracks.hits >= 2))
        return identify.TrackStates(
            track=self.tracks.uid[rows],
            time_s=np.full(rows.size, now_s),
            position_m=self.estimate.position_enu_m[rows],
            velocity_ms=self.estimate.velocity_enu_ms[rows],
            covariance=self.estimate.covariance[rows],
        )

    def judge(self, now_s: float) -> list[Judgement]:
        """Judge every track; ways ahead are laid out for those that may come to attack."""
        state, uids = self.state, self.tracks.uid.tolist()
        bound = identify.claim_of_track(state.book)
        beside = identify.claims_beside(state.book, state.params.claims)
        memory = [state.known[uid].memory for uid in uids]
        self._note_origins(now_s, memory)
        threats = [one.threat for one in memory]
        shown = identify.remember(self.motion, self.tracks.hits, threats, now_s, state.params.identity.min_updates)
        kinds = identify.posterior(self.motion, shown, threats, state.site.policy.hostile_prior)
        falling = self.motion.falling.tolist()
        rockets = [rocket_probability(state.known[u], f, now_s) for u, f in zip(uids, falling, strict=True)]
        self._lay_out_ways(now_s, kinds, rockets)
        lists = lists_of(state)
        friend = identify.friend_probability(state.book, lists.released, now_s, state.params.claims)
        evidence = identify.Evidence(
            kinds=kinds,
            range_known=self.tracks.range_known > 0,
            reach=np.array([_reach_of(state.known[uid]) for uid in uids]),
            claim=tuple(bound.get(uid) for uid in uids),
            contradicted=tuple(beside.get(uid) for uid in uids),
            corridor=self._site_corridors(),
            friend=np.array([friend.get(uid, 0.0) for uid in uids]),
        )
        judged = identify.judge(self.motion, evidence, memory, lists, state.params.identity)
        return [_rocket_or(*rocket, one) for rocket, one in zip(rockets, judged, strict=True)]

    def _note_origins(self, now_s: float, memory: list[identify.IdentityMemory]) -> None:
        """Say of each track, once its course is known, how it came into view; after a lost suspect, nothing is said."""
        if now_s - self.state.last_suspect_lost_s < self.state.params.lost_suspect_s:
            return
        settled = (self.tracks.range_known > 0) & (self.tracks.hits >= self.state.params.identity.min_updates)
        for row in np.flatnonzero(settled):
            threat = memory[row].threat
            if threat.origin == "unknown" and threat.looked == 0:
                place_m, velocity_ms = self.estimate.position_enu_m[row], self.estimate.velocity_enu_ms[row]
                threat.origin = origin_of(self.state, place_m, velocity_ms, float(self.tracks.born_s[row]))

    def _lay_out_ways(
        self, now_s: float, kinds: Float[np.ndarray, "track row"], rockets: list[tuple[str | None, float]]
    ) -> None:
        """Renew the ways ahead of what may come to attack: those not laid out yet, then the oldest, a few at a time."""
        state, settings = self.state, self.state.params
        waiting = []
        for row in np.flatnonzero(self.tracks.range_known > 0):
            known = state.known[int(self.tracks.uid[row])]
            due = settings.corridor_every_s if known.has_corridor else 0.3
            threat = identify.drone_probability(kinds[row]) * (1.0 - rockets[row][1])
            if float(self.tracks.existence[row]) * threat >= settings.corridor_from and now_s - known.reach_s >= due:
                waiting.append((known.reach_s, -threat, int(row), known))
        waiting.sort(key=lambda item: item[:3])
        at_once = settings.corridors_at_once if settings.bounds_work else len(waiting)
        for _, _, oldest, known in waiting[:at_once]:
            known.reach = self._reach(oldest)
            known.reach_s = now_s

    def _reach(self, row: int) -> identify.Reach:
        index = np.array([0, 1, 3, 4])
        return identify.reach(
            self.estimate.position_enu_m[row, :2],
            self.estimate.velocity_enu_ms[row, :2],
            self.estimate.covariance[row][np.ix_(index, index)],
            self.state.shapes,
            self.state.near_shapes,
            self.state.params.corridor,
        )

    def _site_corridors(self) -> tuple[str | None, ...]:
        """The first of the site's flight-plan corridors that each track flies in."""
        found: list[str | None] = [None] * len(self.place)
        known = self.tracks.range_known > 0
        latitude_rad, longitude_rad, height_m = np.array(
            [(p.latitude_rad, p.longitude_rad, p.height_m) for p in self.place]
        ).T
        for corridor in reversed(self.state.site.corridors):
            for row in np.flatnonzero(known & _are_inside(corridor, latitude_rad, longitude_rad, height_m)):
                found[row] = corridor.corridor_id
        return tuple(found)

    def report(self, row: int, judged: Judgement, now_s: float) -> TrackReport:
        """Make the report of one track."""
        state, uid = self.state, int(self.tracks.uid[row])
        known = state.known[uid]
        known.last_place, known.kind = self.place[row], judged.object_kind
        velocity = self.estimate.velocity_enu_ms[row]
        nis = float(self.tracks.nis[row])
        return TrackReport(
            track_id=name_of(uid),
            time_utc_ns=utc_ns(state, now_s),
            status=_STATUS[int(self.tracks.status[row])],
            position=self.place[row],
            velocity_enu_ms=(float(velocity[0]), float(velocity[1]), float(velocity[2])),
            covariance_enu=tuple(self.estimate.covariance[row][_UPPER].tolist()),
            existence_probability=float(self.tracks.existence[row]),
            object_kind=judged.object_kind,
            affiliation=judged.affiliation,
            confidence=judged.confidence,
            reasons=judged.reasons,
            range_known=bool(self.tracks.range_known[row] > 0),
            transponder_id=judged.transponder_id,
            event_id=judged.event_id,
            sensor_ids=known.sensor_ids,
            first_seen_utc_ns=utc_ns(state, float(self.tracks.born_s[row])),
            nis=nis if nis >= 0 else None,
        )

    def corridor(self, row: int, judged: Judgement, now_s: float) -> CorridorForecast | None:
        """Forecast of the ways of what may come to attack, when they or its probability are new.

        It is told as long as it may: what becomes unlikely is told with its small probability, and once more with none;
        only a listed friend is cleared.
        """
        known = self.state.known[int(self.tracks.uid[row])]
        track_id = name_of(int(self.tracks.uid[row]))
        threat = float(self.tracks.existence[row]) * judged.threat_probability
        if judged.is_released or threat < self.state.params.corridor_from or known.reach is None:
            if not known.has_corridor:
                return None
            known.has_corridor = False
            return CorridorForecast(track_id=track_id, is_suspect=False)
        has_grown = threat > _NEWS * known.told_threat
        if known.has_corridor and known.reach_s < now_s and not has_grown:
            return None
        known.has_corridor, known.told_threat = True, threat
        return self._forecast(row, track_id, known, known.reach, judged)

    def _forecast(
        self, row: int, track_id: str, known: Known, reach: identify.Reach, judged: Judgement
    ) -> CorridorForecast:
        state = self.state
        exists = float(self.tracks.existence[row])
        risks = [
            ZoneRisk(
                zone_id=state.shapes.zone_ids[z],
                probability=float(exists * judged.threat_probability * reach.probability[z]),
                time_q05_utc_ns=utc_ns(state, known.reach_s + reach.time_s[z, 0]),
                time_q50_utc_ns=utc_ns(state, known.reach_s + reach.time_s[z, 1]),
                time_q95_utc_ns=utc_ns(state, known.reach_s + reach.time_s[z, 2]),
            )
            for z in np.flatnonzero(reach.probability > 0.005)
        ]
        here = self.estimate.position_enu_m[row]
        back = np.array(known.first_en_m) - here[:2]
        distance = float(np.hypot(back[0], back[1]))
        seen_from = geodetic_of(state.frame, np.array([known.first_en_m[0], known.first_en_m[1], here[2]]))
        points = [geodetic_of(state.frame, np.array([p[0], p[1], here[2]])) for p in reach.axis_m]
        return CorridorForecast(
            track_id=track_id,
            is_suspect=judged.affiliation == "suspect",
            existence_probability=exists,
            threat_probability=judged.threat_probability,
            zone_risks=tuple(sorted(risks, key=lambda risk: -risk.probability)),
            neighbour_zone_ids=tuple(state.shapes.zone_ids[z] for z in np.flatnonzero(reach.neighbour)),
            came_from_azimuth_rad=float(np.arctan2(back[0], back[1]) % (2 * np.pi)) if distance > 150.0 else None,
            came_from_sigma_rad=_came_from_sigma(distance, self.estimate.covariance[row]) if distance > 150.0 else None,
            first_seen=seen_from,
            axis=tuple(
                (utc_ns(state, known.reach_s + t), p.latitude_rad, p.longitude_rad, float(w))
                for t, p, w in zip(reach.axis_time_s.tolist(), points, reach.axis_half_width_m, strict=True)
            ),
        )


def _rocket_or(event: str | None, probability: float, judged: Judgement) -> Judgement:
    """What is likelier a launch's rocket than not is called it; as what it is otherwise it counts for the rest."""
    if event is None or judged.is_released:
        return judged
    threat = judged.threat_probability * (1.0 - probability)
    if probability <= 0.5:
        return replace(judged, threat_probability=threat)
    reasons = (f"flies the trajectory of launch {event}",)
    return Judgement("rocket", "unknown", probability, reasons, threat, event_id=event)


def _reach_of(known: Known) -> float:
    """Largest probability of any zone under the last ways laid out."""
    if known.reach is None or not known.reach.probability.size:
        return 0.0
    return float(known.reach.probability.max())


def _came_from_sigma(distance_m: float, covariance: Float[np.ndarray, "6 6"]) -> float:
    """Standard deviation of the bearing back to where it was first seen (first place as uncertain as two of now)."""
    across = np.sqrt(3.0 * 0.5 * (covariance[0, 0] + covariance[1, 1]))
    return float(min(across / distance_m, np.pi / 2))


def _are_inside(
    corridor: Corridor,
    latitude_rad: Float[np.ndarray, " place"],
    longitude_rad: Float[np.ndarray, " place"],
    height_m: Float[np.ndarray, " place"],
) -> Bool[np.ndarray, " place"]:
    """Say which places lie in a flight-plan corridor (flat metres about each place; corridors are short)."""
    line = np.array(corridor.center_line_rad)
    east = (line[:, 1] - longitude_rad[:, None]) * 6.378e6 * np.cos(latitude_rad)[:, None]
    north = (line[:, 0] - latitude_rad[:, None]) * 6.371e6
    corner = np.stack([east, north], axis=2)
    leg = np.diff(corner, axis=1)
    share = np.clip(-(corner[:, :-1] * leg).sum(axis=2) / np.maximum((leg * leg).sum(axis=2), 1.0), 0.0, 1.0)
    nearest = corner[:, :-1] + share[:, :, None] * leg
    is_near = np.hypot(nearest[:, :, 0], nearest[:, :, 1]).min(axis=1) <= corridor.half_width_m
    return is_near & (corridor.min_height_m <= height_m) & (height_m <= corridor.max_height_m)
