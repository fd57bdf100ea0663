"""A scripted night, told in the words of docs/console-protocol.md: what stands at any second of it.

Nothing here estimates anything: places and times are computed from the script, so that a test of the console knows
what it must show.
"""

from __future__ import annotations

import math
from typing import Any

Item = dict[str, Any]
START_UTC_MS = 1_773_511_200_000  # 2026-03-14 18:00:00 UTC
LAT, LON = 30.62, 46.35
M_LAT = 110_860.0
M_LON = 95_900.0
ROCKET_FLIGHT_S = 34.0
SALVO_S = (8.0, 9.5, 11.0, 12.5)
LAUNCH_EAST_M, LAUNCH_NORTH_M = -6200.0, 5100.0
IMPACTS_M = ((350.0, 150.0), (620.0, -240.0), (-180.0, 420.0), (1500.0, -300.0))

ZONES = (
    ("tank-farm", "Tank farm", "مزرعة الخزانات", 300.0, 100.0, 15.0, 40),
    ("camp-2", "Workers' camp 2", "مخيم العمال ٢", 1700.0, -500.0, 25.0, 620),
    ("control", "Control room", "غرفة التحكم", -500.0, -300.0, 10.0, 25),
    ("hospital", "Field hospital", "المستشفى الميداني", 900.0, -2900.0, 40.0, 130),
    ("village", "Al-Nahr village", "قرية النهر", -3300.0, -2600.0, 45.0, 1900),
    ("gate", "North gate", "البوابة الشمالية", 200.0, 1900.0, 10.0, 12),
)
POLYGON = {"hospital": ((-420, -380), (430, -340), (380, 360), (-300, 420))}

SENSORS = (
    ("balloon-1", "balloon", 0.0, -200.0, 320.0, 12000.0),
    ("radar-1", "radar", -900.0, 800.0, 12.0, 15000.0),
    ("acoustic-1", "acoustic", -2500.0, 1500.0, 2.0, 9000.0),
    ("acoustic-2", "acoustic", 1800.0, 1900.0, 2.0, 9000.0),
    ("acoustic-3", "acoustic", 200.0, -2400.0, 2.0, 9000.0),
    ("drone-1", "drone", 0.0, 0.0, 450.0, 7000.0),
    ("drone-2", "drone", 0.0, 0.0, 450.0, 7000.0),
    ("adsb-1", "cooperative", -400.0, -350.0, 20.0, 200000.0),
)


def place(east_m: float, north_m: float) -> tuple[float, float]:
    """Turn metres from the middle of the site into latitude and longitude."""
    return round(LAT + north_m / M_LAT, 7), round(LON + east_m / M_LON, 7)


def utc_ms(second: float) -> int:
    """Give the station's time of a second of the night."""
    return START_UTC_MS + round(second * 1000)


def site(extra_zones: int = 0) -> Item:
    """Give what ``/api/site`` says."""
    zones = []
    for zone_id, name, name_ar, east, north, shelter_s, people in ZONES:
        lat, lon = place(east, north)
        corners = [place(east + de, north + dn) for de, dn in POLYGON.get(zone_id, ())]
        shape: Item = {"polygon": corners} if corners else {"radius_m": 380.0 if people < 1000 else 800.0}
        zones.append(
            {"zone_id": zone_id, "name": name, "name_ar": name_ar, "lat": lat, "lon": lon, "shelter_s": shelter_s}
            | {"buffer_m": 100.0, "population": people}
            | shape
        )
    for k in range(extra_zones):
        lat, lon = place(-9000 + 2500 * (k % 8), -9000 + 2500 * (k // 8))
        zones.append(
            {"zone_id": f"x{k}", "name": f"Extra {k}", "name_ar": f"إضافية {k}", "lat": lat, "lon": lon}
            | {"shelter_s": 20.0, "buffer_m": 50.0, "population": 10, "radius_m": 500.0}
        )
    return {
        "name": "Al-Waha gas plant",
        "name_ar": "محطة غاز الواحة",
        "origin": {"lat": LAT, "lon": LON, "h": 24.0},
        "zones": zones,
        "sensors": sensors(0.0),
        "corridors": [
            {"corridor_id": "A-17", "center_line": [place(-16000, -7500), place(16000, 7200)], "half_width_m": 1800.0}
            | {"min_height_m": 3000.0, "max_height_m": 12000.0, "owner": "civil"}
        ],
        "terrain": {"south": LAT - 0.16, "west": LON - 0.18, "step_lat": 0.001, "step_lon": 0.001}
        | {"rows": 321, "columns": 361, "unit_m": 0.1},
        "policy": {},
        "exercise": False,
    }


def heights() -> bytes:
    """Give the heights of ``/api/terrain``: low ridges north-west of the plant, a wadi through it."""
    import numpy as np

    north = (np.arange(321)[:, None] * 0.001 - 0.16) * M_LAT
    east = (np.arange(361)[None, :] * 0.001 - 0.18) * M_LON
    ridge = 160 * np.exp(-(((north - 0.5 * east - 8200) / 2100) ** 2)) * (1 + 0.35 * np.sin(east / 900 + north / 2300))
    hills = 26 * np.sin(east / 1300 + 0.6) * np.cos(north / 1700) + 9 * np.sin(east / 410) * np.sin(north / 530)
    wadi = -22 * np.exp(-(((north + 0.7 * east + 1500 + 500 * np.sin(east / 1800)) / 420) ** 2))
    metres = 40 + ridge + hills + wadi + 0.0018 * (north - east)
    return np.round(metres * 10).astype("<i2").tobytes()


def coverage() -> Item:
    """Give what ``/api/coverage`` says: ragged rings, as terrain would cut them."""
    features = []
    for number, (sensor_id, kind, east, north, _, reach) in enumerate(SENSORS):
        if kind == "cooperative":
            continue
        ring = []
        for k in range(73):
            turn = 2 * math.pi * (k % 72) / 72
            cut = 0.62 + 0.3 * math.sin(3 * turn + number) * math.sin(5 * turn + 2 * number)
            lat, lon = place(east + reach * 0.5 * cut * math.sin(turn), north + reach * 0.5 * cut * math.cos(turn))
            ring.append([lon, lat])
        features.append(
            {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}}
            | {"properties": {"sensor_id": sensor_id, "kind": kind, "height_agl_m": 20.0}}
        )
    return {"type": "FeatureCollection", "features": features}


def blind() -> Item:
    """Give what ``/api/blind`` says: circles about the plant, and distances that grow with the shelter time."""
    rings = {}
    for name, reach in (("some", 9000.0), ("every", 5000.0)):
        turns = [2 * math.pi * (k % 72) / 72 for k in range(73)]
        rings[name] = [[list(place(reach * math.sin(turn), reach * math.cos(turn))) for turn in turns]]
    zones = [
        {"zone_id": zone[0], "needed_s": zone[5] + 8, "distance_m": 200.0 * zone[5], "rocket_class": "107 mm"}
        | {"elevation": 14.0}
        for zone in ZONES
    ]
    return {"detection_s": 5.0, "decision_s": 1.0, "notify_s": 2.0, "zones": zones} | rings


def sensors(second: float) -> list[Item]:
    """Give every sensor; acoustic-2 dies at second 50."""
    rows = []
    for sensor_id, kind, east, north, height, reach in SENSORS:
        dead = sensor_id == "acoustic-2" and second >= 50
        if kind == "drone":
            east, north = _patrol(sensor_id, second)
        lat, lon = place(east, north)
        optics: Item = {}
        if kind in ("balloon", "drone"):
            optics = {"boresight_az": 309.0 if kind == "balloon" else (second * 6 + 40) % 360, "boresight_el": -8.0}
            optics |= {"fov_az": 60.0 if kind == "balloon" else 45.0, "fov_el": 30.0}
        rows.append(
            {"sensor_id": sensor_id, "kind": kind, "lat": lat, "lon": lon, "h": 24 + height, "mobile": kind == "drone"}
            | {"max_range_m": reach, "status": "lost" if dead else "live", "position_sigma_m": 3.0}
            | {"last_seen_utc_ms": utc_ms(50 if dead else math.floor(second)), "clock_offset_s": 0.004}
            | optics
        )
    return rows


def _patrol(sensor_id: str, second: float) -> tuple[float, float]:
    turn = second / 40 + (math.pi if sensor_id.endswith("2") else 0.0)
    return 2600 * math.cos(turn), 2000 * math.sin(turn)


def _track(track_id: str, second: float, east: float, north: float, h: float, **more: Any) -> Item:
    lat, lon = place(east, north)
    base: Item = {
        "track_id": track_id, "t_utc_ms": utc_ms(second), "status": "confirmed", "lat": lat, "lon": lon, "h": h,
        "vel": [0.0, 0.0, 0.0], "cov_en": [400.0, 60.0, 300.0], "existence": 0.99, "kind": "unknown",
        "affiliation": "unknown", "confidence": 0.9, "reasons": [], "range_known": True, "sensors": ["radar-1"],
        "first_seen_utc_ms": START_UTC_MS,
    }  # fmt: skip
    return base | more


def tracks(second: float) -> list[Item]:
    """Give every track of the air picture."""
    rows = []
    for name in ("drone-1", "drone-2"):
        east, north = _patrol(name, second)
        ahead = _patrol(name, second + 1)
        rows.append(
            _track(f"own-{name}", second, east, north, 470.0, kind="own_drone", affiliation="friend",
                   vel=[ahead[0] - east, ahead[1] - north, 0.0], reasons=["own fleet telemetry"],
                   transponder_id=name.upper(), confidence=1.0)
        )  # fmt: skip
    rows.append(
        _track("T001", second, -15000 + 225 * second, -7000 + 100 * second, 10300.0, kind="aircraft",
               affiliation="neutral", vel=[225.0, 100.0, 0.0], transponder_id="4B1902",
               reasons=["ADS-B agrees with radar within 120 m", "on airway A-17"])
    )  # fmt: skip
    coasting = 20 <= second % 60 < 32
    rows.append(
        _track("T002", second, 4200 - 48 * second % 9000, -5200 + 14 * second % 4000, 310.0, kind="helicopter",
               affiliation="assumed_friend", vel=[-48.0, 14.0, 0.0], status="coasted" if coasting else "confirmed",
               confidence=0.7, reasons=["flight plan HELO-3, no transponder"])
    )  # fmt: skip
    rows.append(
        _track("T003", second, 2100 + 160 * math.sin(second / 7), 900 + 140 * math.cos(second / 6), 90.0, kind="bird",
               affiliation="unknown", status="tentative", existence=0.55, confidence=0.5, vel=[6.0, -4.0, 0.0],
               cov_en=[3600.0, 0.0, 2500.0], reasons=["wing-beat speed, no straight leg"])
    )  # fmt: skip
    return rows + _rockets(second) + _intruder(second)


def _rockets(second: float) -> list[Item]:
    rows = []
    for k, launched in enumerate(SALVO_S):
        flown = second - launched
        if not 1.5 <= flown < ROCKET_FLIGHT_S:
            continue
        share = flown / ROCKET_FLIGHT_S
        east = LAUNCH_EAST_M + share * (IMPACTS_M[k][0] - LAUNCH_EAST_M)
        north = LAUNCH_NORTH_M + share * (IMPACTS_M[k][1] - LAUNCH_NORTH_M)
        early = flown < 3
        rows.append(
            _track(f"R{k + 1}", second, east, north, 40 + 4 * 1450 * share * (1 - share), kind="rocket",
                   affiliation="suspect", status="tentative" if early else "confirmed", range_known=not early,
                   vel=[(IMPACTS_M[k][0] - LAUNCH_EAST_M) / ROCKET_FLIGHT_S,
                        (IMPACTS_M[k][1] - LAUNCH_NORTH_M) / ROCKET_FLIGHT_S, 170 * (1 - 2 * share)],
                   event_id=f"E{k + 1}", first_seen_utc_ms=utc_ms(launched + 1),
                   cov_en=[90_000.0, -60_000.0, 60_000.0] if early else [900.0, 0.0, 900.0],
                   reasons=["boost flash seen by balloon-1", "ballistic flight"], sensors=["balloon-1", "radar-1"])
        )  # fmt: skip
    return rows


def _intruder(second: float) -> list[Item]:
    if not 30 <= second < 125:
        return []
    gone = second - 30
    return [
        _track("T017", second, 9800 - 78 * gone, 4000 - 58 * gone, 180.0, kind="drone", affiliation="suspect",
               vel=[-78.0, -58.0, 0.0], confidence=0.84, first_seen_utc_ms=utc_ms(30), sensors=["radar-1", "drone-1"],
               status="tentative" if gone < 4 else "confirmed", cov_en=[2500.0, 400.0, 2500.0],
               reasons=["no transponder, no flight plan", "heading for the plant", "micro-Doppler: propellers"])
    ]  # fmt: skip


def corridors(second: float) -> list[Item]:
    """Give the corridor of the intruder."""
    found = _intruder(second)
    if not found or second < 34:
        return []
    gone = second - 30
    axis = []
    for k in range(7):
        ahead = 12.0 * k
        lat, lon = place(9800 - 78 * (gone + ahead), 4000 - 58 * (gone + ahead))
        axis.append([utc_ms(second + ahead), lat, lon, 120 + 13.0 * ahead])
    reach = 125.0
    first = place(9800, 4000)
    return [
        {"track_id": "T017", "neighbours": ["gate", "camp-2"], "came_from_az": 53.4, "came_from_sigma": 4.0}
        | {"first_seen": {"lat": first[0], "lon": first[1]}, "axis": axis}
        | {"zone_risks": [_risk("tank-farm", 0.46, reach, 12.0), _risk("gate", 0.18, reach + 4, 15.0)]}
    ]


def _risk(zone_id: str, probability: float, at: float, spread: float) -> Item:
    times = {"t05_utc_ms": utc_ms(at - spread / 2), "t50_utc_ms": utc_ms(at), "t95_utc_ms": utc_ms(at + spread / 2)}
    return {"zone_id": zone_id, "probability": probability} | times


def _mode(weight: float, east: float, north: float, sigmas: tuple[float, float], at: float, sigma_s: float) -> Item:
    """Make a mode whose longer axis lies along the line of fire."""
    lat, lon = place(east, north)
    along = math.atan2(IMPACTS_M[0][0] - LAUNCH_EAST_M, IMPACTS_M[0][1] - LAUNCH_NORTH_M)
    long2, short2, sin, cos = sigmas[0] ** 2, sigmas[1] ** 2, math.sin(along), math.cos(along)
    cov = [long2 * sin**2 + short2 * cos**2, (long2 - short2) * sin * cos, long2 * cos**2 + short2 * sin**2]
    return {"weight": weight, "lat": lat, "lon": lon, "h": 45.0, "cov_en": [round(c, 1) for c in cov]} | {
        "t_utc_ms": utc_ms(at), "t_sigma_s": sigma_s,
    }  # fmt: skip


def _classes(first: float) -> list[Item]:
    return [{"name": "107 mm", "weight": first}, {"name": "122 mm short", "weight": round(1 - first, 2)}]


def launches(second: float) -> list[Item]:
    """Give the launches: two possible places for the first two seconds, then one that shrinks."""
    rows = []
    for k, launched in enumerate(SALVO_S):
        age = second - launched
        if age < 1 or second > 200:
            continue
        size = max(0.12, math.exp(-age / 7))
        near = _mode(1.0, LAUNCH_EAST_M + 40 * k, LAUNCH_NORTH_M, (900 * size, 330 * size), launched, 0.3)
        far = _mode(0.38, LAUNCH_EAST_M - 3100, LAUNCH_NORTH_M + 2600, (1500 * size, 420 * size), launched, 0.4)
        early = age < 4
        rows.append(
            {"event_id": f"E{k + 1}", "launch_site_id": "L1", "status": "tentative" if early else "confirmed"}
            | {"modes": [near | {"weight": 0.62}, far] if early else [near], "azimuth": 127.0, "elevation": 41.0}
            | {"classes": _classes(0.55 if early else 0.93)}
            | {"sensors": ["balloon-1"] if early else ["balloon-1", "radar-1", "acoustic-1"]}
            | {"detections": round(12 * age), "reasons": ["flash and plume, bearing rate of a rocket"]}
        )  # fmt: skip
    return rows


def impacts(second: float) -> list[Item]:
    """Give the impact forecasts, with a second mode as long as the launch has one."""
    rows = []
    for k, launched in enumerate(SALVO_S):
        age = second - launched
        if age < 1 or second > 200:
            continue
        lands = launched + ROCKET_FLIGHT_S
        size = max(0.1, math.exp(-age / 9))
        east, north = IMPACTS_M[k]
        near = _mode(1.0, east, north, (1300 * size, 420 * size), lands, 3 * size)
        far = _mode(0.38, east + 2800, north - 2300, (1900 * size, 500 * size), lands + 6, 5 * size)
        early = age < 4
        path = []
        for step in range(13):
            share = step / 12
            lat, lon = place(
                LAUNCH_EAST_M + share * (east - LAUNCH_EAST_M), LAUNCH_NORTH_M + share * (north - LAUNCH_NORTH_M)
            )
            path.append([utc_ms(launched + share * ROCKET_FLIGHT_S), lat, lon, 40 + 5800 * share * (1 - share)])
        rows.append(
            {"event_id": f"E{k + 1}", "outcome": "passed" if second > lands else "forecast", "trajectory": path}
            | {"modes": [near | {"weight": 0.62}, far] if early else [near]}
            | {"zone_risks": [_risk("tank-farm", 0.71, lands, 1 + 8 * size), _risk("camp-2", 0.3, lands, 2 + 9 * size)]}
        )
    return rows


def _level(zone_id: str, second: float) -> tuple[str, float, str]:
    """Give level, since when, and hazard of a zone by the script."""
    steps: dict[str, tuple[tuple[float, str, str], ...]] = {
        "tank-farm": ((9, "watch", "rocket"), (10.5, "prepare", "rocket"), (12, "take_shelter", "rocket"),
                      (48, "remain", "rocket"), (75, "all_clear", "rocket"), (90, "watch", "drone"),
                      (100, "prepare", "drone"), (108, "take_shelter", "drone"), (135, "all_clear", "drone"),
                      (165, "clear", "unknown")),
        "camp-2": ((9, "watch", "rocket"), (12.5, "take_shelter", "rocket"), (48, "remain", "rocket"),
                   (75, "all_clear", "rocket"), (105, "clear", "unknown")),
        "gate": ((90, "watch", "drone"), (104, "prepare", "drone"), (135, "all_clear", "drone"),
                 (165, "clear", "unknown")),
        "control": ((11, "watch", "rocket"), (14, "prepare", "rocket"), (48, "all_clear", "rocket"),
                    (78, "clear", "unknown")),
    }  # fmt: skip
    found = (0.0, "clear", "unknown")
    for step in steps.get(zone_id, ()):
        if second >= step[0]:
            found = step
    return found[1], found[0], found[2]


def zones(second: float) -> list[Item]:
    """Give the state of every zone."""
    rows = []
    for zone_id, *_ in ZONES:
        level, since, hazard = _level(zone_id, second)
        row: Item = {"zone_id": zone_id, "level": level, "since_utc_ms": utc_ms(since), "probability": 0.0}
        row |= {"event_ids": [], "hazard": None if level == "clear" else hazard}
        if level != "clear":
            row |= {"warning_id": f"W-{zone_id}-{hazard}", "probability": 0.71 if zone_id == "tank-farm" else 0.3}
            row |= {"event_ids": ["E1", "E2", "E3", "E4"] if hazard == "rocket" else ["T017"]}
        if level in ("watch", "prepare", "take_shelter", "remain"):
            lands = SALVO_S[0] + ROCKET_FLIGHT_S if hazard == "rocket" else 125.0
            spread = 1 + 8 * max(0.1, math.exp(-(second - since) / 9))
            row |= {k: v for k, v in _risk(zone_id, 0, lands, spread).items() if k.startswith("t")}
        rows.append(row)
    return rows


def warnings(second: float) -> list[Item]:
    """Give the warning that each zone stands under."""
    rows = []
    for zone in zones(second):
        if zone["level"] == "clear":
            continue
        rows.append(
            {key: zone.get(key) for key in ("warning_id", "zone_id", "level", "hazard", "probability", "event_ids")}
            | {key: zone.get(key) for key in ("t05_utc_ms", "t50_utc_ms", "t95_utc_ms")}
            | {"incident_id": f"{zone['hazard']}-1", "action": "all_clear" if zone["level"] == "all_clear" else "alert"}
            | {"issued_utc_ms": zone["since_utc_ms"], "expires_utc_ms": zone["since_utc_ms"] + 600_000}
            | {"issuer": "automatic", "rule": "probability-and-time", "exercise": False, "note": ""}
            | {"acknowledged_by": None}
        )
    return rows


def faults(second: float) -> list[Item]:
    """Give the fault of the sensor that died."""
    if second < 50:
        return []
    return [
        {"sensor_id": "acoustic-2", "kind": "silent", "magnitude": 0.0, "unit": "", "since_utc_ms": utc_ms(50)}
        | {"reasons": ["no heartbeat for 5 s"]}
    ]


def channels(second: float) -> list[Item]:
    """Give the channels; the TAK server is dead from the start."""
    sent = sum(1 for at in (9, 10.5, 12, 12.5, 48, 75) if second >= at)
    rows = [("siren-1", "siren", "ok"), ("cap", "cap", "ok"), ("mqtt", "mqtt", "late"), ("tak", "tak", "dead")]
    return [
        {"channel_id": name, "kind": kind, "status": status, "last_ok_utc_ms": utc_ms(0), "sent": sent}
        | {"failed": sent if status == "dead" else 0}
        for name, kind, status in rows
    ]


def rejects(second: float) -> list[Item]:
    """Give what was rejected."""
    if second < 20:
        return []
    return [{"utc_ms": utc_ms(20), "source": "radar-1", "field": "range_m", "reason": "range is negative (-3.2 m)"}]


PARTS = {
    "tracks": (tracks, "track_id"), "launches": (launches, "event_id"), "impacts": (impacts, "event_id"),
    "corridors": (corridors, "track_id"), "zones": (zones, "zone_id"), "warnings": (warnings, "warning_id"),
    "sensors": (sensors, "sensor_id"), "faults": (faults, "sensor_id"), "channels": (channels, "channel_id"),
    "rejects": (rejects, "reason"),
}  # fmt: skip


def standing(second: float) -> dict[str, dict[str, Item]]:
    """Give all that stands at a second, by kind and identity."""
    return {name: {str(item[key]): item for item in part(second)} for name, (part, key) in PARTS.items()}
