"""Sites, line-ups and launches for the benchmark of launch and impact: one recording from one seed, and its errors.

Truth is either flown by the product's own physics (then the estimator's model is right, but for the parameters that
are drawn) or by RocketPy in six degrees of freedom (``rocketpy_flights.py``).  What the estimator is told is only what
a node receives.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from marsad.adapters.feed import feed
from marsad.bounds import LaunchBound, launch_bound, true_launch
from marsad.flight import environment_of, fly, motor_of
from marsad.flight.classes import DragTable, RocketClass, RocketTable
from marsad.flight.rocket import PARAMETERS, Reference
from marsad.geo.frames import ecef_from_geodetic, enu_axes, enu_from_geodetic, geodetic_from_enu
from marsad.geo.terrain import TerrainGrid
from marsad.sensing.site import Site
from marsad.simulation.bodies import Body, Moment
from marsad.simulation.night import Run, simulate_night
from marsad.simulation.paths import Path as FlownPath
from marsad.simulation.paths import geodetic
from marsad.simulation.scenario import OrbitOrder, RocketOrder, Scenario
from marsad.terms import BiasPrior, Geodetic, Message, PointMode, Sensor, WeatherReport, Zone
from rocketpy_flights import DESIGNS, drag_table

LINE_UPS = ("b1", "b12", "r", "rb", "b12r", "b12ra")
LAUNCH_S = 2.5
MOMENTS_S = (5.0, 10.0, 20.0)
ELEVATION_MEAN_RAD, ELEVATION_SIGMA_RAD = math.radians(45.0), math.radians(8.0)
"""How rails are set, here and in the RocketPy flights; the sites reckon with it."""

MACH, CD = np.array(drag_table()).T.copy()  # whole rows, as a site's are: else all kernels are compiled again for these
CLASSES = tuple(
    RocketClass(
        d.name, d.delta_v_ms, d.burn_s, d.propellant_fraction, d.area_over_mass_m2_kg, d.rail_m, 0.04, 0.1, 0.1,
        source="generic textbook solid motor",
    )
    for d in DESIGNS
)  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """One launch over one site."""

    site: Site
    scenario: Scenario
    flown: tuple[Body, ...]
    kind: str
    line_up: str
    away: bool


def terrain_about(latitude_rad: float, longitude_rad: float, rng: np.random.Generator) -> TerrainGrid:
    """Smooth rolling ground about 210 m up, some 60 km across."""
    n = 241
    step = 30e3 / 6.371e6 * 2 / (n - 1)
    wide = step / math.cos(latitude_rad)
    rows, columns = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    height = np.full((n, n), 210.0)
    for _ in range(6):
        waves = rng.uniform(1.5, 9.0, 2) * 2 * math.pi / n
        height += rng.normal(0, 8.0) * np.sin(waves[0] * rows + waves[1] * columns + rng.uniform(0, 6.3))
    half = (n - 1) / 2
    return TerrainGrid(latitude_rad - half * step, longitude_rad - half * wide, step, wide, height)


def line_up(names: str, terrain: TerrainGrid, site: Geodetic, toward_rad: float, launch_m: float) -> list[Sensor]:
    """Sensors about a site, facing where the launch is expected (azimuth, distance)."""

    def at(distance_m: float, turn_rad: float, above_m: float) -> Geodetic:
        a = toward_rad + turn_rad
        east, north = distance_m * math.sin(a), distance_m * math.cos(a)
        lat, lon, _ = geodetic_from_enu(east, north, 0.0, site.latitude_rad, site.longitude_rad, site.height_m)
        return Geodetic(latitude_rad=lat, longitude_rad=lon, height_m=terrain.height_at(lat, lon) + above_m)

    def camera(name: str, kind: str, place: Geodetic, own_m: tuple[float, float], rest: dict[str, object]) -> Sensor:
        bias = BiasPrior(
            azimuth_rad=5e-4, elevation_rad=5e-4, clock_s=0.01, east_m=own_m[0], north_m=own_m[0], up_m=own_m[1]
        )
        return Sensor(
            sensor_id=name, kind=kind, position=place, is_mobile=True, bias_prior=bias, false_flashes_per_s=0.01, **rest
        )

    out = []
    if "b" in names:
        rest = {"latency_s": 0.12, "rate_hz": 20.0, "detection_probability": 0.95, "post_burnout_s": 0.0}
        out.append(camera("EO-B1", "balloon", at(800.0, 0.4, 400.0), (1.0, 1.0), rest))
    drone = {
        "latency_s": 0.35, "rate_hz": 15.0, "detection_probability": 0.9, "post_burnout_s": 4.0,
        "fov_half_width_azimuth_rad": 0.4363, "fov_half_width_elevation_rad": 0.3142,
    }  # fmt: skip
    forward = min(3500.0, 0.45 * launch_m)
    if "1" in names:
        out.append(camera("EO-D1", "drone", at(forward, -0.75, 900.0), (2.0, 3.0), drone))
    if "2" in names:
        out.append(camera("EO-D2", "drone", at(forward, 0.75, 900.0), (2.0, 3.0), drone))
    if "r" in names:
        bias = BiasPrior(azimuth_rad=1e-3, elevation_rad=1e-3, range_m=5.0, clock_s=0.01)
        out.append(
            Sensor(
                sensor_id="RD-1",
                kind="radar",
                position=at(250.0, 1.0, 12.0),
                bias_prior=bias,
                latency_s=0.3,
                rate_hz=1.5,
                detection_probability=0.9,
                min_elevation_rad=0.02618,
                max_range_m=20e3,
                false_plots_per_scan=0.3,
            )
        )
    if "a" in names:
        for k, (distance, turn) in enumerate(((400.0, 0.0), (3000.0, -0.5), (2700.0, 0.6))):
            bias = BiasPrior(azimuth_rad=math.radians(0.4), clock_s=0.003)
            out.append(
                Sensor(
                    sensor_id=f"AC-{k + 1}",
                    kind="acoustic",
                    position=at(distance, turn, 2.0),
                    bias_prior=bias,
                    latency_s=0.25,
                    detection_probability=0.85,
                    max_range_m=10e3,
                    false_impulses_per_s=0.02,
                )
            )
    return out


def setting(rng: np.random.Generator, flight: dict[str, object] | None, names: str, *, wide: bool = False) -> Setting:
    """Draw a place, a site and its line-up; the launch is ``flight`` (a RocketPy table) or drawn from the class.

    In one case of four the rocket flies past or away instead of towards the site.
    """
    if flight is None:
        chosen = CLASSES[int(rng.integers(2))]
        latitude = math.radians(rng.uniform(-50.0, 55.0))
        azimuth = rng.uniform(0, 2 * math.pi)
        elevation = float(np.clip(rng.normal(ELEVATION_MEAN_RAD, ELEVATION_SIGMA_RAD), 0.3, 1.3))
    else:
        (chosen,) = (c for c in CLASSES if c.name == flight["class"])
        latitude = math.radians(float(flight["latitude_deg"]))  # type: ignore[arg-type]
        azimuth, elevation = math.radians(float(flight["azimuth_deg"])), math.radians(float(flight["elevation_deg"]))  # type: ignore[arg-type]
    longitude = rng.uniform(-math.pi, math.pi)
    terrain = terrain_about(latitude, longitude, rng)
    reach = nominal_reach(chosen, elevation, latitude, longitude, azimuth, terrain)
    away = bool(rng.random() < 0.25)
    bearing = azimuth + (rng.uniform(1.0, 2 * math.pi - 1.0) if away else rng.normal(0.0, 0.04))
    distance = reach + rng.normal(0.0, 400.0) if not away else rng.uniform(0.6, 1.0) * reach
    lat, lon, _ = geodetic_from_enu(
        distance * math.sin(bearing), distance * math.cos(bearing), 0.0, latitude, longitude, 0.0
    )
    origin = Geodetic(latitude_rad=lat, longitude_rad=lon, height_m=terrain.height_at(lat, lon))
    e, n, _ = enu_from_geodetic(latitude, longitude, origin.height_m, lat, lon, origin.height_m)
    toward = math.atan2(e, n) + rng.normal(0.0, 0.1)
    sensors = line_up(names, terrain, origin, toward, distance)
    wind = np.array(flight["wind_ms"]) if flight is not None else rng.normal(0.0, 4.0, 2)
    rockets = RocketTable(
        CLASSES,
        DragTable(MACH, CD),
        launch_elevation_mean_rad=ELEVATION_MEAN_RAD,
        launch_elevation_sigma_rad=ELEVATION_SIGMA_RAD,
        model_error_floor_rel=0.001 if flight is not None else 0.0,
    )
    site = Site(
        name="benchmark",
        origin=origin,
        zones=(Zone(zone_id="Z01", name="plant", center=origin, shelter_s=12.0, radius_m=600.0, buffer_m=250.0),),
        terrain=terrain,
        rockets=rockets,
        sensors=tuple(sensors),
        weather=WeatherReport(
            arrival_utc_ns=0,
            wind_east_ms=float(wind[0]),
            wind_north_ms=float(wind[1]),
            wind_sigma_ms=2.0,
            profile_ground_m=210.0,
        ),
    )
    looking = [
        OrbitOrder(
            sensor_id=s.sensor_id,
            look_azimuth_deg=math.degrees(look_from(s.position, latitude, longitude) + rng.normal(0.0, 0.08)),
            look_elevation_deg=2.0,
        )
        for s in sensors
        if s.kind == "drone"
    ]
    order = RocketOrder(
        id="R1",
        rocket_class=chosen.name,
        launch_s=LAUNCH_S,
        east_m=e,
        north_m=n,
        azimuth_deg=math.degrees(azimuth),
        elevation_deg=math.degrees(elevation),
        spread="wide" if wide else "class",
    )
    scenario = Scenario(
        name="launch",
        duration_s=LAUNCH_S + max(MOMENTS_S) + 0.1,
        wind_error=flight is None,
        rocket=[order] if flight is None else [],
        orbit=looking,
    )
    flown = () if flight is None else (body_of(flight, latitude, longitude, terrain, rng),)
    return Setting(site, scenario, flown, "own physics" if flight is None else "RocketPy", names, away)


def look_from(place: Geodetic, latitude_rad: float, longitude_rad: float) -> float:
    """Azimuth (rad) from a place to a point."""
    e, n, _ = enu_from_geodetic(latitude_rad, longitude_rad, 0.0, place.latitude_rad, place.longitude_rad, 0.0)
    return math.atan2(e, n)


def nominal_reach(
    chosen: RocketClass, elevation: float, latitude: float, longitude: float, azimuth: float, terrain: TerrainGrid
) -> float:
    """How far (m) the class flies at an elevation."""
    p = np.zeros(PARAMETERS)
    p[3:5] = azimuth, elevation
    env = environment_of(terrain, DragTable(MACH, CD))
    flight = fly(p, motor_of(chosen), Reference(latitude, longitude), env, False)
    last = flight.state[flight.nodes - 1, :3]
    e, n, _ = enu_axes(latitude, longitude) @ (last - np.array(ecef_from_geodetic(latitude, longitude, 210.0)))
    return math.hypot(e, n)


def body_of(
    flight: dict[str, object], latitude: float, longitude: float, terrain: TerrainGrid, rng: np.random.Generator
) -> Body:
    """A RocketPy flight put on the ground at its launch point, cut where it meets the ground."""
    ground = terrain.height_at(latitude, longitude) + 1.0 + rng.normal(0.0, terrain.height_sigma_m)
    axes = enu_axes(latitude, longitude)
    start = np.array(ecef_from_geodetic(latitude, longitude, ground))
    rows = np.array(flight["path"], dtype=np.float64)
    position, velocity = start + rows[:, 1:4] @ axes, rows[:, 4:7] @ axes
    whole = FlownPath(LAUNCH_S + rows[:, 0], position, velocity)
    low, high = float(LAUNCH_S + rows[len(rows) // 2, 0]), whole.end_s
    for _ in range(40):
        middle = 0.5 * (low + high)
        place = geodetic(whole.at(middle)[0])
        over = place.height_m > terrain.height_at(place.latitude_rad, place.longitude_rad)
        low, high = (middle, high) if over else (low, middle)
    hit, speed = whole.at(low)
    kept = int(np.searchsorted(whole.time_s, low))
    path = FlownPath(
        np.append(whole.time_s[:kept], low), np.vstack([position[:kept], hit]), np.vstack([velocity[:kept], speed])
    )
    return Body(
        "R1",
        "rocket",
        path,
        str(flight["class"]),
        "class_known",
        {},
        Moment(LAUNCH_S, geodetic(position[0])),
        LAUNCH_S + float(flight["burn_s"]),  # type: ignore[arg-type]
        Moment(low, geodetic(hit)),
        begin_s=LAUNCH_S,
    )


@dataclass(frozen=True)
class Row:
    """Errors of one forecast at one moment; ``nees`` is halved, None while two modes are left."""

    what: str
    elapsed_s: float
    error_m: float
    sigma_m: float
    nees: float | None
    inside: bool
    bound_m: float | None


@dataclass(frozen=True)
class Outcome:
    """What came of one launch."""

    setting: Setting
    rows: tuple[Row, ...]
    events: int


def run_one(given: Setting, rng: np.random.Generator) -> Outcome:
    """Simulate, process, and measure."""
    run = simulate_night(given.site, given.scenario, rng, flown=given.flown)
    (body,) = (b for b in run.truth.bodies if b.object_id == "R1")
    assert body.launch is not None
    assert body.impact is not None
    history: dict[str, list[tuple[float, str, tuple[PointMode, ...]]]] = {}
    for step in feed(given.site, forecast_with_error(run.messages, rng) if given.flown else run.messages):
        for what, estimates in (("launch", step.outputs.launches), ("impact", step.outputs.impacts)):
            for one in estimates:
                history.setdefault(one.event_id, []).append((one.arrival_utc_ns * 1e-9, what, one.modes))
    event = best_event(history, body.launch.place)
    of_class = given.scenario.rocket and given.scenario.rocket[0].spread == "class"
    bound = bound_of(given, run, body) if of_class else None
    rows = []
    for elapsed in MOMENTS_S:
        if LAUNCH_S + elapsed > body.impact.time_s - 1.0:
            continue
        for what, truth in (("launch", body.launch.place), ("impact", body.impact.place)):
            latest = [m for t, w, m in history.get(event, []) if w == what and t <= LAUNCH_S + elapsed]
            if latest and latest[-1]:
                rows.append(measure(what, elapsed, latest[-1], truth, bound, rng))
    return Outcome(given, tuple(rows), len(history))


def forecast_with_error(messages: Sequence[Message], rng: np.random.Generator) -> list[Message]:
    """The messages with a weather forecast as wrong as it says; RocketPy's rockets flew in the true wind."""
    east, north = (float(x) for x in rng.normal(0.0, 1.0, 2))
    return [
        msgspec.structs.replace(
            m,
            wind_east_ms=m.wind_east_ms + m.wind_sigma_ms * east,
            wind_north_ms=m.wind_north_ms + m.wind_sigma_ms * north,
        )
        if isinstance(m, WeatherReport)
        else m
        for m in messages
    ]


def best_event(history: dict[str, list[tuple[float, str, tuple[PointMode, ...]]]], truth: Geodetic) -> str:
    """The event whose last launch estimate is nearest to the truth."""
    best, name = math.inf, ""
    for event, told in history.items():
        launches = [modes for _, what, modes in told if what == "launch" and modes]
        if launches:
            e, n = offset(launches[-1][0].position, truth)
            if math.hypot(e, n) < best:
                best, name = math.hypot(e, n), event
    return name


def offset(a: Geodetic, b: Geodetic) -> tuple[float, float]:
    """East, north (m) from ``b`` to ``a``."""
    e, n, _ = enu_from_geodetic(
        a.latitude_rad, a.longitude_rad, b.height_m, b.latitude_rad, b.longitude_rad, b.height_m
    )
    return e, n


def bound_of(given: Setting, run: Run, body: Body) -> LaunchBound:
    """Bound of a launch of our own physics from the detections that are truly of it."""
    from marsad.adapters.truth import book_of
    from marsad.bounds import gather_detections
    from marsad.terms import Bearing, Flash, Impulse, Plot

    book, weather = book_of(given.site, run.messages)
    own = [
        m
        for m in run.messages
        if isinstance(m, Bearing | Flash | Impulse | Plot)
        and run.truth.labels.get(m.detection_id) in ((body.object_id, "launch"), (body.object_id, "flight"))
    ]
    p = body.parameters
    assert body.launch is not None
    assert weather is not None
    launch = true_launch(
        next(c for c in CLASSES if c.name == body.rocket_class),
        body.launch.place.latitude_rad,
        body.launch.place.longitude_rad,
        body.launch.time_s,
        p["azimuth_rad"],
        p["elevation_rad"],
        ln_delta_v=p["ln_dv"],
        ln_burn=p["ln_burn"],
        ln_drag=p["ln_drag"],
        wind_error_ms=(p["wind_e_ms"] - weather.wind_east_ms, p["wind_n_ms"] - weather.wind_north_ms),
        ground_error_m=p["dem_error_m"],
        misalignment_rad=(p["misalignment_side_rad"], p["misalignment_up_rad"]),
    )
    arrivals = gather_detections(own, book)
    return launch_bound(given.site.rockets, given.site.terrain, weather, launch, arrivals, book.bias_sigma(), MOMENTS_S)


def measure(
    what: str,
    elapsed: float,
    modes: tuple[PointMode, ...],
    truth: Geodetic,
    bound: LaunchBound | None,
    rng: np.random.Generator,
) -> Row:
    """Error of the heaviest mode, its normalised square, and whether the mixture's 95 % region holds the truth."""
    heavy = modes[0]
    d = np.array(offset(heavy.position, truth))
    c = matrix(heavy)
    alone = len([m for m in modes if m.weight > 0.1]) == 1
    least = None
    if bound is not None:
        rows = [r for r in bound.class_known.rows if r.elapsed_s == elapsed]
        if rows:
            b = rows[0].launch_cov_en if what == "launch" else rows[0].impact_cov_en
            least = None if b is None else math.sqrt(b[0] + b[2])
    nees = float(d @ np.linalg.solve(c, d)) / 2
    return Row(
        what,
        elapsed,
        float(np.hypot(*d)),
        math.sqrt(float(np.trace(c))),
        nees if alone else None,
        inside_95(modes, truth, rng),
        least,
    )


def matrix(mode: PointMode) -> np.ndarray:
    """Covariance of a mode."""
    a, b, c = mode.covariance_en_m2
    return np.array([[a, b], [b, c]])


def inside_95(modes: tuple[PointMode, ...], truth: Geodetic, rng: np.random.Generator) -> bool:
    """Whether the highest-density region of 95 % of a mixture holds the truth (by 2,000 draws)."""
    means = np.array([offset(m.position, truth) for m in modes])
    covariances = [matrix(m) for m in modes]
    weights = np.array([m.weight for m in modes])
    weights = weights / weights.sum()

    def density(x: np.ndarray) -> np.ndarray:
        total = np.zeros(len(x))
        for w, mean, c in zip(weights, means, covariances, strict=True):
            d = x - mean
            total += w * np.exp(-0.5 * np.einsum("ni,ij,nj->n", d, np.linalg.inv(c), d)) / math.sqrt(np.linalg.det(c))
        return total

    which = rng.choice(len(modes), 2000, p=weights)
    draws = np.array([means[k] + np.linalg.cholesky(covariances[k]) @ rng.standard_normal(2) for k in which])
    return bool(density(np.zeros((1, 2)))[0] >= np.quantile(density(draws), 0.05))


def load_flights(path: Path) -> list[dict[str, object]]:
    """RocketPy's tables."""
    flights: list[dict[str, object]] = json.loads(path.read_text())["flights"]
    return flights
