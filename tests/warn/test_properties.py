"""Whatever comes, in whatever order: no alarm is lost, none is taken back by a restart, no countdown rises."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from marsad.terms import ZoneWarning
from marsad.warn import AllClearOrder, CancelAlarm, Evidence, Hold, ManualAlarm, init, restore, save, step
from warn.warn_kit import POLICY, at, drone, impact, launch, risk, zones

ZONE_IDS = ("Z0", "Z1", "Z2")
END_RULES = {"event_taken_back", "cancelled_by_person", "hold_time_over", "ordered_by_person"}

probabilities = st.sampled_from([0.0, 0.0005, 0.004, 0.02, 0.06, 0.099, 0.1, 0.3, 0.9, 1.0])
leads = st.floats(-5, 120)
risks = st.lists(st.tuples(st.sampled_from(ZONE_IDS), probabilities, leads, st.floats(0.1, 10)), max_size=3)
moves = st.one_of(
    st.tuples(st.just("impact"), st.integers(0, 5), risks, st.floats(50, 6000)),
    st.tuples(st.just("drone"), st.integers(0, 2), risks, st.just(0.0)),
    st.tuples(
        st.sampled_from(["passed", "cancelled", "misfire", "tentative", "confirmed", "no_ground_crossing"]),
        st.integers(0, 5),
        st.just([]),
        st.just(0.0),
    ),
    st.tuples(
        st.sampled_from(["manual", "hold", "cancel_order", "all_clear", "cleared"]),
        st.integers(0, 2),
        st.just([]),
        st.just(0.0),
    ),
    st.tuples(st.just("time"), st.integers(0, 0), st.just([]), st.just(0.0)),
)
stories = st.lists(st.tuples(st.floats(0, 6), moves), min_size=1, max_size=20)


def evidence(now_s: float, number: int, move: tuple[str, int, list, float]) -> Evidence:
    what, k, raw, axis = move
    told = {z: risk(z, p, now_s + lead, s) for z, p, lead, s in raw}
    zone_ids = (ZONE_IDS[k % 3],)
    order = {"order_id": f"o{number}", "zone_ids": zone_ids, "operator_ids": ("a", "b")}
    fields: dict[str, object] = {
        "impact": lambda: {"impacts": (impact(f"R{k}", now_s, *told.values(), semi_major_m=axis),)},
        "drone": lambda: {"corridors": (drone(f"D{k}", *told.values()),)},
        "passed": lambda: {"impacts": (impact(f"R{k}", now_s, outcome="passed"),)},
        "no_ground_crossing": lambda: {"impacts": (impact(f"R{k}", now_s, outcome="no_ground_crossing"),)},
        "cancelled": lambda: {"impacts": (impact(f"R{k}", now_s, outcome="cancelled"),)},
        "misfire": lambda: {"launches": (launch(f"R{k}", now_s, "misfire"),)},
        "tentative": lambda: {"launches": (launch(f"R{k}", now_s, "tentative"),)},
        "confirmed": lambda: {"launches": (launch(f"R{k}", now_s, "confirmed"),)},
        "manual": lambda: {"orders": (ManualAlarm(**order),)},
        "hold": lambda: {"orders": (Hold(**order),)},
        "cancel_order": lambda: {"orders": (CancelAlarm(**order),)},
        "all_clear": lambda: {"orders": (AllClearOrder(**order),)},
        "cleared": lambda: {"cleared_track_ids": (f"D{k}",)},
        "time": dict,
    }[what]()
    return Evidence(now_utc_ns=at(now_s), **fields)


def tell_story(story: list, restart_every: int = 0) -> tuple[list[Evidence], list[tuple[ZoneWarning, ...]]]:
    """Play the moves with a tick each second between; every ``restart_every`` steps the engine is born again."""
    state = init(zones(), POLICY)
    shown, said = [], []
    now_s, number = 0.0, 0

    def play(item: Evidence) -> None:
        nonlocal state, number
        number += 1
        if restart_every and number % restart_every == 0:
            state = restore(save(state), zones(), POLICY)
        state, warnings = step(state, item)
        shown.append(item)
        said.append(warnings)

    for gap_s, move in story:
        until_s = now_s + gap_s
        while now_s + 1 < until_s:
            now_s += 1
            play(Evidence(now_utc_ns=at(now_s)))
        now_s = until_s
        play(evidence(now_s, number, move))
    for _ in range(30):
        now_s += 1
        play(Evidence(now_utc_ns=at(now_s)))
    return shown, said


@settings(max_examples=100, deadline=None)
@given(story=stories)
def test_an_alarm_stands_without_a_gap_until_a_rule_ends_it(story: list) -> None:
    shown, said = tell_story(story)
    standing: dict[str, ZoneWarning] = {}
    for item, warnings in zip(shown, said, strict=True):
        for warning in standing.values():
            assert warning.expires_utc_ns > item.now_utc_ns, "an alarm lapsed without a word"
        for warning in warnings:
            if warning.level in ("take_shelter", "remain"):
                standing[warning.zone_id] = warning
            elif warning.zone_id in standing:
                assert warning.level == "all_clear"
                assert warning.rule in END_RULES
                assert warning.action in ("cancel", "all_clear")
                assert warning.warning_id == standing.pop(warning.zone_id).warning_id


@settings(max_examples=100, deadline=None)
@given(story=stories, restart_every=st.integers(1, 7))
def test_a_restart_changes_nothing(story: list, restart_every: int) -> None:
    assert tell_story(story) == tell_story(story, restart_every)


@settings(max_examples=100, deadline=None)
@given(story=stories)
def test_the_shown_times_of_an_alarm_only_come_nearer(story: list) -> None:
    _, said = tell_story(story)
    shown: dict[str, tuple[int, int, int]] = {}
    for warning in (w for warnings in said for w in warnings):
        if warning.level not in ("take_shelter", "remain") or warning.impact_q50_utc_ns is None:
            continue
        times = (warning.impact_q05_utc_ns, warning.impact_q50_utc_ns, warning.impact_q95_utc_ns)
        before = shown.get(warning.warning_id)
        if before is not None:
            assert all(new <= old for new, old in zip(times, before, strict=True))
        shown[warning.warning_id] = times


@settings(max_examples=100, deadline=None)
@given(story=stories)
def test_a_sharp_and_probable_rocket_alarms_in_the_same_step(story: list) -> None:
    state = init(zones(), POLICY)
    for _, warnings in zip(*tell_story(story), strict=True):
        assert len({w.zone_id for w in warnings}) == len(warnings), "one word per zone and step"
    now_s = 0.0
    for number, (gap_s, move) in enumerate(story):
        now_s += gap_s
        state, _ = step(state, evidence(now_s, number, move))
    sure = impact("sure", now_s, risk("Z0", 0.5, now_s + 30), semi_major_m=100)
    state, _ = step(state, Evidence(now_utc_ns=at(now_s), impacts=(sure,)))
    assert state.memory.zones["Z0"].level == "take_shelter"


@settings(max_examples=30, deadline=None)
@given(story=stories)
def test_cutting_the_story_short_changes_nothing_before_the_cut(story: list) -> None:
    shown, said = tell_story(story)
    cut = len(shown) // 2
    state = init(zones(), POLICY)
    for item, warnings in zip(shown[:cut], said[:cut], strict=True):
        state, again = step(state, item)
        assert again == warnings
