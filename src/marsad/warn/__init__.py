"""Forecasts to alarm states and messages.

``init`` and ``step`` are the engine; ``save`` and ``restore`` keep its memory as it is; ``standing`` and ``carry_over``
bring the alarms that stand into a run that counts its events anew.
"""

from marsad.warn.carry import carry_over, standing
from marsad.warn.engine import init, step
from marsad.warn.evidence import AllClearOrder, CancelAlarm, CorrectAlarm, Evidence, Hold, ManualAlarm, Order, order_of
from marsad.warn.plain import plain_corridor, plain_name, plainly, told_plainly
from marsad.warn.reasons import explain, inputs_hash
from marsad.warn.state import Decision, DecisionInputs, ThreatNumbers, WarnParams, WarnState, restore, save

__all__ = [
    "AllClearOrder",
    "CancelAlarm",
    "CorrectAlarm",
    "Decision",
    "DecisionInputs",
    "Evidence",
    "Hold",
    "ManualAlarm",
    "Order",
    "ThreatNumbers",
    "WarnParams",
    "WarnState",
    "carry_over",
    "explain",
    "init",
    "inputs_hash",
    "order_of",
    "plain_corridor",
    "plain_name",
    "plainly",
    "restore",
    "save",
    "standing",
    "step",
    "told_plainly",
]
