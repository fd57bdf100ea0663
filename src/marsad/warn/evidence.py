"""What the warning engine is told: what changed in the forecasts, and what people ordered."""

from __future__ import annotations

import msgspec

from marsad.terms import CorridorForecast, ImpactForecast, LaunchEstimate, PersonOrder, Watch
from marsad.terms.inputs import Correction
from marsad.terms.warnings import Hazard


class ManualAlarm(msgspec.Struct, frozen=True, kw_only=True, tag="manual_alarm"):
    """A person sounds the alarm of zones.  Who may order it is checked before it comes here."""

    order_id: str
    zone_ids: tuple[str, ...]
    operator_ids: tuple[str, ...]
    hazard: Hazard = "unknown"
    note: str = ""


class Hold(msgspec.Struct, frozen=True, kw_only=True, tag="hold"):
    """A person asks for time before a drone alarm; runs out by itself and is refused where seconds count."""

    order_id: str
    zone_ids: tuple[str, ...]
    operator_ids: tuple[str, ...]
    note: str = ""


class CancelAlarm(msgspec.Struct, frozen=True, kw_only=True, tag="cancel_alarm"):
    """People take alarms of zones back as false; the events behind them no longer count."""

    order_id: str
    zone_ids: tuple[str, ...]
    operator_ids: tuple[str, ...]
    note: str = ""


class AllClearOrder(msgspec.Struct, frozen=True, kw_only=True, tag="all_clear_order"):
    """A person ends the stay in shelter, or a lower level that stands for want of sensors.

    Has effect only where no impact is still to come.
    """

    order_id: str
    zone_ids: tuple[str, ...]
    operator_ids: tuple[str, ...]
    note: str = ""


class CorrectAlarm(msgspec.Struct, frozen=True, kw_only=True, tag="correct_alarm"):
    """A person has zones told again what was said wrongly; what they are to do stays as it is."""

    order_id: str
    zone_ids: tuple[str, ...]
    operator_ids: tuple[str, ...]
    correction: Correction
    hazard: Hazard = "unknown"
    note: str = ""


Order = ManualAlarm | Hold | CancelAlarm | AllClearOrder | CorrectAlarm


def order_of(order: PersonOrder) -> Order:
    """Give a person's order as the engine takes it."""
    if order.what == "alarm":
        return ManualAlarm(
            order_id=order.order_id,
            zone_ids=order.zone_ids,
            operator_ids=order.operator_ids,
            hazard=order.hazard,
            note=order.note,
        )
    who = {"order_id": order.order_id, "note": order.note}
    if order.what == "correct":
        return CorrectAlarm(
            **who,
            zone_ids=order.zone_ids,
            operator_ids=order.operator_ids,
            correction=order.correction,
            hazard=order.hazard,
        )
    if order.what == "hold":
        return Hold(**who, zone_ids=order.zone_ids, operator_ids=order.operator_ids)
    if order.what == "cancel":
        return CancelAlarm(**who, zone_ids=order.zone_ids, operator_ids=order.operator_ids)
    return AllClearOrder(**who, zone_ids=order.zone_ids, operator_ids=order.operator_ids)


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything new at one time.  ``launches``, ``impacts``, ``corridors`` hold only what changed.

    ``lost_track_ids`` are tracks that ended without a word (an alarm stays); ``cleared_track_ids`` are tracks that
    turned out to be no threat (a rule takes the alarm back).  ``watch`` says for which zones anybody would see more
    come; an engine that was never told of it reckons with zones that are always watched (plans and drills do).
    """

    now_utc_ns: int
    launches: tuple[LaunchEstimate, ...] = ()
    impacts: tuple[ImpactForecast, ...] = ()
    corridors: tuple[CorridorForecast, ...] = ()
    lost_track_ids: tuple[str, ...] = ()
    cleared_track_ids: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    watch: Watch | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed but the time."""
        return not (
            self.launches
            or self.impacts
            or self.corridors
            or self.lost_track_ids
            or self.cleared_track_ids
            or self.orders
            or self.watch is not None
        )
