"""The warning engine, rule by rule."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from marsad.terms import PersonOrder
from marsad.warn import AllClearOrder, CancelAlarm, CorrectAlarm, Hold, ManualAlarm, init, order_of
from warn.warn_kit import POLICY, Run, S, at, drone, impact, launch, risk


def test_a_probable_impact_with_a_sharp_forecast_alarms_at_once() -> None:
    run = Run()
    (said,) = run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.3, 25)),))
    assert (said.level, said.action, said.hazard, said.zone_id) == ("take_shelter", "alert", "rocket", "Z0")
    assert said.rule == "rocket_probability"
    assert said.probability == pytest.approx(0.3)
    assert said.impact_q50_utc_ns == at(25)
    assert said.event_ids == ("R1",)
    assert len(said.inputs_hash) == 64
    assert run.state.decisions[0].inputs_hash == said.inputs_hash
    assert said.expires_utc_ns > at(25 + 90)


def test_below_the_threshold_no_alarm() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.099, 25)),))
    assert run.level() in ("watch", "prepare")
    assert all(w.level != "take_shelter" for w in run.wait(3, 60))


def test_a_zone_alarms_by_its_own_threshold_where_it_has_one() -> None:
    run = Run()
    careful = replace(run.zones[0], probability_on=0.04, probability_on_drone=0.5)
    run.state = init((careful, *run.zones[1:]), POLICY)
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.05, 25), risk("Z1", 0.05, 25)),))
    assert (run.level("Z0"), run.level("Z1")) == ("take_shelter", "watch")
    (decision,) = [d for d in run.state.decisions if d.inputs.zone_id == "Z0"]
    assert decision.inputs.probability_on == 0.04, "the record holds the threshold that was used"
    run = Run()
    run.state = init((careful, *run.zones[1:]), POLICY)
    run.step(3, corridors=(drone("D1", risk("Z0", 0.3, 60), risk("Z1", 0.3, 60)),))
    assert (run.level("Z0"), run.level("Z1")) == ("prepare", "take_shelter")


def test_two_rockets_together_pass_the_threshold() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.06, 25)), impact("R2", 3, risk("Z0", 0.06, 27))))
    assert run.level() == "take_shelter"
    assert run.said[-1].probability == pytest.approx(1 - 0.94**2)


def test_a_wide_forecast_waits_only_while_the_lead_allows() -> None:
    run = Run()
    wide = impact("R1", 3, risk("Z0", 0.3, 40, sigma_s=1.0), semi_major_m=3000)
    run.step(3, impacts=(wide,))
    assert run.level() == "prepare"
    assert run.said[-1].rule == "await_better_forecast"
    said = run.wait(3.05, 30, by_s=0.05)
    alarm = next(w for w in said if w.level == "take_shelter")
    assert alarm.rule == "rocket_time_is_up"
    left_s = (at(40 - 1.645) - alarm.arrival_utc_ns) / S
    assert 12 + 2 + 5 - 0.06 <= left_s <= 12 + 2 + 5, "shelter and notification just fit, and five seconds more"


def test_what_crosses_the_threshold_when_no_time_is_left_to_wait_is_told_at_once() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.06, 30), semi_major_m=3000),))
    assert run.level() == "watch"
    run.step(22, impacts=(impact("R1", 22, risk("Z0", 0.12, 30), semi_major_m=3000),))
    assert (run.level(), run.said[-1].rule) == ("take_shelter", "rocket_time_is_up")


def test_a_better_forecast_ends_the_waiting() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.3, 60), semi_major_m=3000),))
    run.step(5, impacts=(impact("R1", 5, risk("Z0", 0.3, 60), semi_major_m=590),))
    assert run.level() == "take_shelter"


def test_what_is_nearly_certain_does_not_wait() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.85, 60), semi_major_m=3000),))
    assert run.said[-1].rule == "rocket_sure"


def test_a_level_that_waits_to_end_is_not_told_again_and_again() -> None:
    run = Run()
    run.step(0, corridors=(drone("D1", risk("Z0", 0.03, 300, sigma_s=20)),))
    run.step(1, corridors=(drone("D1"),))
    said = run.wait(1, 200)
    assert [w.level for w in said] == ["clear"]


def test_silence_after_an_alarm_is_not_an_all_clear() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.5, 25)),))
    said = run.wait(3.5, 400)
    assert [w.level for w in said if w.zone_id == "Z0"] == ["remain", "all_clear"]
    remain, clear = said
    assert remain.arrival_utc_ns > at(25)
    assert clear.action == "all_clear"
    assert clear.rule == "hold_time_over"
    assert clear.arrival_utc_ns >= at(25 + 90)
    run.wait(400, 800)
    assert run.level() == "clear"


def test_a_forecast_that_moves_away_leaves_the_alarm_latched() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.5, 25)),))
    said = list(run.step(4, impacts=(impact("R1", 4, risk("Z1", 0.9, 25)),)))
    assert [(w.zone_id, w.level) for w in said] == [("Z1", "take_shelter")]
    said = run.wait(5, 25)
    assert not [w for w in said if w.zone_id == "Z0" and w.level != "take_shelter"]


def test_a_cancelled_event_is_taken_back_by_rule_within_three_seconds() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.5, 25)),))
    run.step(4, launches=(launch("R1", 4, "misfire"),), impacts=(impact("R1", 4, outcome="cancelled"),))
    said = run.wait(4.1, 7)
    assert [(w.action, w.level, w.rule) for w in said] == [("cancel", "all_clear", "event_taken_back")]
    assert said[0].arrival_utc_ns <= at(6)


def test_a_successor_of_a_cancelled_event_keeps_the_alarm() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.5, 25)),))
    run.step(4, impacts=(impact("R1", 4, outcome="cancelled"),))
    run.step(4.4, impacts=(impact("R1b", 4.4, risk("Z0", 0.5, 25)),))
    said = run.wait(4.5, 25)
    assert all(w.level == "take_shelter" for w in said)
    assert run.level() == "take_shelter"


def test_one_alarm_per_salvo_and_zone() -> None:
    run = Run()
    for k in range(12):
        run.step(3 + 0.5 * k, impacts=(impact(f"R{k}", 3, risk("Z0", 0.5, 25 + 0.5 * k)),))
    assert {w.warning_id for w in run.said} == {"incident-20231114T221323-R0.Z0"}
    assert sum(w.action == "alert" for w in run.said) == 1
    assert len(run.said) <= 3, "not one message a rocket"
    assert set(run.state.memory.zones["Z0"].event_ids) == {f"R{k}" for k in range(12)}


def test_a_salvo_much_later_is_a_new_incident() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.5, 25)),))
    run.wait(4, 900, by_s=1)
    run.step(900, impacts=(impact("R2", 900, risk("Z0", 0.5, 925)),))
    assert run.said[-1].warning_id == "incident-20231114T222820-R2.Z0"
    assert run.said[-1].action == "alert"


def test_two_runs_that_count_their_events_from_one_share_no_alarm() -> None:
    said = []
    for began_s in (3, 86_403):
        run = Run()
        run.step(began_s, impacts=(impact("L0001", began_s, risk("Z0", 0.5, began_s + 25)),))
        said.append(run.said[-1].warning_id)
    assert said == ["incident-20231114T221323-L0001.Z0", "incident-20231115T221323-L0001.Z0"]


def test_an_alarm_again_after_the_all_clear_of_the_same_incident_is_a_second_chain() -> None:
    run = Run()
    run.step(0, impacts=(impact("R1", 0, risk("Z0", 0.5, 2)),))
    run.step(1, impacts=(impact("R1", 1, outcome="cancelled"),))
    run.wait(1, 4)
    run.step(5, impacts=(impact("R2", 5, risk("Z0", 0.5, 25)),))
    assert run.said[-1].warning_id == "incident-20231114T221320-R1.Z0.2"


def test_the_countdown_never_rises() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.5, 25)),))
    run.step(9, impacts=(impact("R1", 9, risk("Z0", 0.7, 45)),))
    said = run.said[-1]
    assert said.impact_q50_utc_ns == at(25)
    assert said.note == "still_in_danger"
    assert run.wait(9, 44) == []
    assert run.level() == "take_shelter"


def test_an_unconfirmed_launch_counts_by_the_probability_that_it_is_one() -> None:
    run = Run()
    forecast, doubtful = impact("R1", 3, risk("Z0", 0.5, 60)), launch("R1", 3, "tentative", exists=0.1)
    run.step(3, launches=(doubtful,), impacts=(forecast,))
    assert run.level() == "prepare"
    assert run.said[-1].probability == pytest.approx(0.05)
    run.step(4, launches=(launch("R1", 4, "tentative", exists=0.3),))
    assert (run.level(), run.said[-1].rule) == ("take_shelter", "rocket_probability")
    assert run.said[-1].probability == pytest.approx(0.15)
    assert len({w.warning_id for w in run.said}) == 1
    run.step(5, launches=(launch("R1", 5, "confirmed"),))
    assert run.state.memory.threats["R1"].risk_in("Z0").probability == 0.5


def test_a_standing_alarm_outlives_doubt_about_its_launch() -> None:
    run = Run()
    run.step(3, launches=(launch("R1", 3, "confirmed"),), impacts=(impact("R1", 3, risk("Z0", 0.5, 40)),))
    run.step(4, launches=(launch("R1", 4, "tentative", exists=0.01),))
    assert run.level() == "take_shelter"


def test_a_drone_first_prepares_then_shelters_and_stays_after_its_track_is_lost() -> None:
    run = Run()
    run.step(0, corridors=(drone("D1", risk("Z0", 0.03, 300, sigma_s=20)),))
    assert run.level() == "prepare"
    assert run.said[-1].hazard == "drone"
    run.step(10, corridors=(drone("D1", risk("Z0", 0.2, 300, sigma_s=10)),))
    assert run.said[-1].rule == "drone_probability"
    said = run.wait(11, 610, by_s=1)
    assert said[-1].level == "all_clear"
    assert said[-1].arrival_utc_ns >= at(10 + 300)
    assert said[-1].arrival_utc_ns >= at(300 + 30)


def test_no_label_stands_between_a_drones_probability_and_its_alarm() -> None:
    run = Run()
    unnamed = msgspec.structs.replace(drone("D1", risk("Z0", 0.06, 300)), is_suspect=False)
    run.step(0, corridors=(unnamed,))
    assert (run.level(), run.said[-1].rule) == ("take_shelter", "drone_probability")


def test_a_drone_that_circles_over_a_zone_is_one_alarm_not_a_flicker() -> None:
    run = Run()
    for k in range(120):
        now_s = 10 + 0.5 * k
        run.step(now_s, corridors=(drone("D1", risk("Z0", 1.0, now_s + 0.2, sigma_s=0.1)),) if k % 4 == 0 else ())
    assert {w.level for w in run.said} == {"take_shelter"}
    assert sum(w.action == "alert" for w in run.said) == 1
    said = run.wait(70, 420, by_s=1)
    assert [w.level for w in said if w.level != "take_shelter"] == ["remain", "all_clear"]


def test_a_drone_whose_forecast_wavers_is_not_told_anew_every_few_seconds() -> None:
    run = Run()
    for k in range(240):
        wavering = risk("Z0", 0.6 if k % 2 else 0.3, 600 + (9 if k % 3 else -9))
        below = risk("Z1", 0.02 if k % 2 else 0.03, 700 + (25 if k % 3 else -25))
        run.step(10 + k, corridors=(drone("D1", wavering, below),))
    assert {w.level for w in run.said if w.zone_id == "Z0"} == {"take_shelter"}
    assert sum(w.zone_id == "Z0" for w in run.said) <= 240 / 15 + 1
    assert sum(w.zone_id == "Z1" for w in run.said) <= 2
    said = run.wait(250, 270, by_s=1)
    assert [w for w in said if w.zone_id == "Z0"] == []


def test_a_drone_that_comes_earlier_is_told_at_once() -> None:
    run = Run()
    run.step(10, corridors=(drone("D1", risk("Z0", 0.6, 300)),))
    run.step(16, corridors=(drone("D1", risk("Z0", 0.6, 200)),))
    assert len(run.said) == 2
    assert run.said[1].action == "update"
    assert run.said[1].impact_q05_utc_ns < run.said[0].impact_q05_utc_ns


def test_a_drone_that_proves_friendly_is_taken_back() -> None:
    run = Run()
    run.step(10, corridors=(drone("D1", risk("Z0", 0.2, 300)),))
    run.step(20, cleared_track_ids=("D1",))
    said = run.wait(20.5, 25)
    assert [(w.action, w.rule) for w in said] == [("cancel", "event_taken_back")]


def test_a_hold_delays_a_drone_alarm_thirty_seconds_and_once() -> None:
    run = Run()
    run.step(0, corridors=(drone("D1", risk("Z0", 0.03, 300)),))
    hold = Hold(order_id="h1", zone_ids=("Z0",), operator_ids=("op1",), note="own drone?")
    run.step(1, orders=(hold,))
    run.step(2, corridors=(drone("D1", risk("Z0", 0.3, 300)),))
    assert run.level() == "prepare"
    run.step(20, orders=(Hold(order_id="h2", zone_ids=("Z0",), operator_ids=("op1",)),))
    run.wait(20, 30.5)
    assert run.level() == "prepare"
    run.wait(31, 32)
    assert run.level() == "take_shelter"


@pytest.mark.parametrize(("comes_s", "level"), [(47.5, "take_shelter"), (50.0, "prepare")])
def test_a_hold_is_refused_where_it_would_leave_less_than_the_time_to_shelter_and_five_seconds(
    comes_s: float, level: str
) -> None:
    run = Run()
    run.step(0, corridors=(drone("D1", risk("Z0", 0.03, comes_s)),))
    run.step(1, orders=(Hold(order_id="h1", zone_ids=("Z0",), operator_ids=("op1",)),))
    run.step(2, corridors=(drone("D1", risk("Z0", 0.3, comes_s)),))
    assert run.level() == level, "shelter takes 12 s, a hold 30 s"


def test_a_hold_ends_when_the_drone_turns_out_to_come_earlier() -> None:
    run = Run()
    run.step(0, corridors=(drone("D1", risk("Z0", 0.03, 300)),))
    run.step(1, orders=(Hold(order_id="h1", zone_ids=("Z0",), operator_ids=("op1",)),))
    run.step(2, corridors=(drone("D1", risk("Z0", 0.3, 300)),))
    assert run.level() == "prepare"
    run.step(3, corridors=(drone("D1", risk("Z0", 0.3, 40)),))
    assert run.level() == "take_shelter"


def test_a_hold_never_holds_a_rocket_alarm() -> None:
    run = Run()
    run.step(0, corridors=(drone("D1", risk("Z0", 0.03, 300)),))
    run.step(1, orders=(Hold(order_id="h1", zone_ids=("Z0",), operator_ids=("op1",)),))
    run.step(2, impacts=(impact("R1", 2, risk("Z0", 0.3, 90)),))
    assert run.level() == "take_shelter"


def test_a_persons_alarm_stands_until_a_person_ends_it() -> None:
    run = Run()
    run.step(
        0, orders=(ManualAlarm(order_id="m1", zone_ids=("Z0", "nowhere"), operator_ids=("op1",), hazard="rocket"),)
    )
    (said,) = run.said
    assert (said.level, said.issuer, said.rule, said.impact_q50_utc_ns) == (
        "take_shelter",
        "person",
        "manual_alarm",
        None,
    )
    assert [w for w in run.wait(1, 300, by_s=1) if w.level != "take_shelter"] == []
    run.step(301, orders=(AllClearOrder(order_id="c1", zone_ids=("Z0",), operator_ids=("sup1",)),))
    assert (run.said[-1].action, run.said[-1].rule) == ("all_clear", "ordered_by_person")


def test_a_persons_alarm_that_nobody_ends_runs_out_with_an_all_clear() -> None:
    run = Run()
    run.step(0, orders=(ManualAlarm(order_id="m1", zone_ids=("Z0",), operator_ids=("op1",)),))
    said = run.wait(1, 1900, by_s=1)
    assert said[-1].level == "all_clear"
    assert said[-1].arrival_utc_ns >= at(1800)


def test_an_all_clear_is_refused_while_an_impact_is_to_come() -> None:
    run = Run()
    run.step(0, impacts=(impact("R1", 0, risk("Z0", 0.5, 25)),))
    run.step(5, orders=(AllClearOrder(order_id="c1", zone_ids=("Z0",), operator_ids=("sup1",)),))
    assert run.level() == "take_shelter"


def test_people_can_take_an_alarm_back_and_its_event_stays_taken_back() -> None:
    run = Run()
    run.step(0, impacts=(impact("R1", 0, risk("Z0", 0.5, 60)),))
    run.step(5, orders=(CancelAlarm(order_id="x1", zone_ids=("Z0",), operator_ids=("op1", "sup1")),))
    assert (run.said[-1].action, run.said[-1].rule, run.said[-1].issuer) == ("cancel", "cancelled_by_person", "person")
    run.step(6, impacts=(impact("R1", 6, risk("Z0", 0.6, 60)),))
    assert run.level() == "all_clear"


def test_cancelling_does_not_silence_another_rocket() -> None:
    run = Run()
    run.step(0, impacts=(impact("R1", 0, risk("Z0", 0.5, 60)),))
    run.step(5, orders=(CancelAlarm(order_id="x1", zone_ids=("Z0",), operator_ids=("op1", "sup1")),))
    run.step(9, impacts=(impact("R2", 9, risk("Z0", 0.6, 60)),))
    assert run.level() == "take_shelter"


def test_the_same_evidence_gives_the_same_words_and_hashes() -> None:
    def once() -> list[object]:
        run = Run()
        run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.3, 25)),))
        run.wait(3.5, 200)
        return list(run.said)

    assert once() == once()


def test_the_hash_depends_on_the_numbers() -> None:
    first, second = Run(), Run()
    first.step(3, impacts=(impact("R1", 3, risk("Z0", 0.3, 25)),))
    second.step(3, impacts=(impact("R1", 3, risk("Z0", 0.3000001, 25)),))
    assert first.said[0].inputs_hash != second.said[0].inputs_hash


def test_old_threats_are_forgotten() -> None:
    run = Run()
    for k in range(50):
        run.step(30.0 * k, impacts=(impact(f"R{k}", 30.0 * k, risk("Z0", 0.5, 30.0 * k + 25)),))
    run.wait(1500, 4000, by_s=1)
    run.step(12000, impacts=(impact("late", 12000, risk("Z0", 0.5, 12025)),))
    run.wait(12000, 14000, by_s=1)
    run.step(14000, impacts=(impact("later", 14000, risk("Z0", 0.5, 14025)),))
    assert len(run.state.memory.threats) < 5
    assert len(run.state.memory.incidents) < 5


def test_a_persons_order_comes_to_the_engine_as_what_it_is() -> None:
    expected = {
        "alarm": ManualAlarm,
        "hold": Hold,
        "cancel": CancelAlarm,
        "correct": CorrectAlarm,
        "all_clear": AllClearOrder,
    }
    for what, kind in expected.items():
        order = order_of(
            PersonOrder(arrival_utc_ns=1, order_id="o", what=what, zone_ids=("Z0",), operator_ids=("a",), note="n")
        )
        assert type(order) is kind
        assert (order.order_id, order.zone_ids, order.operator_ids, order.note) == ("o", ("Z0",), ("a",), "n")


def corrected(hazard: str, correction: str = "hazard", order_id: str = "c1") -> CorrectAlarm:
    return CorrectAlarm(
        order_id=order_id, zone_ids=("Z0", "Z9"), operator_ids=("amal",), correction=correction, hazard=hazard
    )


def test_a_correction_is_told_at_once_and_what_people_are_to_do_stays() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.5, 40)),))
    (said,) = run.step(4, orders=(corrected("drone"),))
    assert (said.level, said.action, said.hazard) == ("take_shelter", "update", "drone")
    assert (said.rule, said.issuer, said.note) == ("corrected_by_person", "person", "correction_hazard")
    assert said.warning_id == run.said[0].warning_id
    assert all(w.hazard == "drone" for w in run.wait(4, 30)), "it is not named wrongly again by itself"
    assert not [w for w in run.said[2:] if w.note.startswith("correction")], "and corrected once only"


def test_something_new_is_named_by_itself_whatever_was_corrected_before() -> None:
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.5, 40)),))
    run.step(4, orders=(corrected("drone"),))
    run.step(12, impacts=(impact("R2", 12, risk("Z0", 0.9, 30)),))
    assert run.said[-1].hazard == "rocket"


def test_that_a_warning_came_late_is_said_in_shelter_and_after_but_to_no_zone_that_was_told_nothing() -> None:
    run = Run()
    assert run.step(1, orders=(corrected("unknown", "late"),)) == ()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.5, 25)),))
    (said,) = run.step(4, orders=(corrected("unknown", "late", "c2"),))
    assert (said.hazard, said.note, said.level) == ("rocket", "correction_late", "take_shelter")
    run.wait(4, 2000)
    ended = next(w for w in run.said if w.level == "all_clear")
    after_s = (ended.arrival_utc_ns - at(0)) // S + 1
    assert run.level() == "clear"
    run = Run()
    run.step(3, impacts=(impact("R1", 3, risk("Z0", 0.5, 25)),))
    run.wait(4, after_s)
    (said,) = run.step(after_s + 1, orders=(corrected("unknown", "late", "c3"),))
    assert (said.level, said.action, said.note) == ("all_clear", "update", "correction_late")
