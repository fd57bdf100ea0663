"""Is the station's own clock right?  Its sensors' stamps say so, by how old they are when they arrive.

The age of a message (arrival minus stamp) is what the station's clock is ahead of the sensor's, plus the delay of
sensor and line, which is never negative.  A clock is off by a constant, and a delay varies; so the lower quartile of
a sensor's ages (their median while they are few) estimates the first of the two.  The median over the sensors is
where most of them put the station, and the station believes it if more than half of them agree: with equal odds of
being wrong for each clock, the station's among them, the likelier of "the station is wrong" and "all those sensors
are, and by the same" is told by that count alone.

Breakdown point: of n sensors, any (n - 1) // 2 may lie in any way; of one sensor's messages, a quarter may be stamped
too late and three quarters be delayed.  A sensor that nobody vouches for (not in the site file) does not vote where
one of the file's speaks.

What the station believes moves no time of its own: alarms run on by its clock, which never steps.  Stamps that are
nearer to the sensors' clock than to the station's are moved onto it, one by one, so that a sensor that goes by the
station's clock is used as it is, and a clock set right between two messages loses neither.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Container
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from marsad.terms import (
    Bearing,
    CooperativeReport,
    Flash,
    Heartbeat,
    Impulse,
    Plot,
    PoseReport,
    SensorFault,
    SensorTrackReport,
)

OwnStamped = PoseReport | Heartbeat | Flash | Bearing | Plot | Impulse | SensorTrackReport
Stamped = OwnStamped | CooperativeReport
OneStamped = TypeVar("OneStamped", bound=Stamped)

STATION_CLOCK_ID = "clock"
"""Under this name the station's own clock stands among the faults, as it does where the machine's clock was set."""
SAID_AGAIN_S = 600.0
"""As long as it is wrong it is said again: in the log, and for a next run, which looks back no further."""
_S = 1e-9
_AHEAD_S = 1.0
"""Stamps later than their arrival, no delay explains: by this much, what the sensors say no longer fits together."""
_BEHIND_S = 5.0
"""Old stamps may be a slow line.  Ages that stay above this for a whole window on most lines are a clock."""
_ALIKE_S = 1.0
"""Lines of one site differ by less in how long they take at the least."""
_FASTEST_S = 0.5
"""Of the sensors that agree, one whose line is faster than the middle one by up to this sets the offset."""
_THINNED_S = 0.5
_AGES_KEPT = 16
"""Ages are noted twice a second at most, so that a burst of kept-back frames counts once; eight seconds are kept."""
_LEAST_AGES = 3
"""A sensor that the site file does not name votes after so many; the file's own from their first message."""
_FEW_AGES = 8
"""While a sensor has sent fewer, it votes for their median: one wrong stamp of three is not to count as a quarter."""
_LEAST_SPAN_S = 4.0
"""Old stamps are believed after this; a sensor that sends what it had kept back has done so by then."""
_SLACK_S = 0.05
"""A stamp may come to lie so much after its arrival, which is less than makes a sensor's clock called wrong."""
_SAID_AFTER_S = 1.5
"""What is believed is acted on at once and said after this: the first to be heard may be the one that is wrong."""
_WEIGHED_S = 0.25
"""The votes are counted so often, so that the count costs no more with thousands of sensors."""
_SPOKE_S = 60.0
"""A sensor that has been silent for longer votes no more."""


@dataclass
class _Ages:
    """Ages of one sensor's messages (s), thinned, and when they came (s of the station's clock)."""

    arrival_s: deque[float] = field(default_factory=lambda: deque(maxlen=_AGES_KEPT))
    age_s: deque[float] = field(default_factory=lambda: deque(maxlen=_AGES_KEPT))

    def note(self, arrival_s: float, age_s: float) -> None:
        if not self.arrival_s or arrival_s - self.arrival_s[-1] >= _THINNED_S:
            self.arrival_s.append(arrival_s)
            self.age_s.append(age_s)

    def lower_quartile_s(self) -> float:
        count = len(self.age_s)
        return sorted(self.age_s)[count // 2 if count < _FEW_AGES else count // 4]

    def speaks(self, now_s: float) -> bool:
        return now_s - self.arrival_s[-1] <= _SPOKE_S

    def vote_s(self, least_ages: int) -> float | None:
        """Give the age that it votes for; None while that would be too soon: for old stamps it takes some time."""
        if len(self.age_s) < least_ages:
            return None
        lowest = self.lower_quartile_s()
        took_s = self.arrival_s[-1] - self.arrival_s[0]
        return lowest if lowest <= _BEHIND_S or took_s >= _LEAST_SPAN_S else None


@dataclass
class StationClock:
    """What the sensors' stamps say of the station's clock.

    ``off_s`` is that clock minus the sensors' in seconds, 0 if it is right.
    """

    off_s: float = 0.0
    ages: dict[str, _Ages] = field(default_factory=dict)
    weighed_s: float = -1e18
    since_s: float = -1e18
    said_s: float = -1e18
    said_off_s: float = 0.0
    least_s: float = 0.0
    is_vouched: bool = False

    def hear(self, message: OwnStamped, voters: Container[str]) -> SensorFault | None:
        """Note a message's age; gives what is now to be said of the station's clock, if anything is.

        Parameters
        ----------
        message
            As it came, its stamp by its sensor's clock.  (What a receiver passes on is stamped by who knows whom.)
        voters
            The sensors of the site file; where none of them speaks, or there are none, all that speak vote.
        """
        arrival_s, age_s = message.arrival_utc_ns * _S, (message.arrival_utc_ns - message.time_utc_ns) * _S
        self.ages.setdefault(message.sensor_id, _Ages()).note(arrival_s, age_s)
        if arrival_s - self.weighed_s >= _WEIGHED_S:
            self.weighed_s = arrival_s
            found = self._estimate(arrival_s, voters)
            if found is not None and abs(found - self.off_s) >= _FASTEST_S:
                self.off_s, self.since_s = found, arrival_s  # else held still: a shift that wavers blurs what is seen
        if (
            self.off_s
            and self.least_s <= age_s < self.off_s - _SLACK_S
            and (message.sensor_id in voters or not self.is_vouched)
        ):
            self.off_s = age_s  # a faster line: no stamp is to come to lie after its arrival
        is_news = abs(self.off_s - self.said_off_s) >= _FASTEST_S and arrival_s - self.since_s >= _SAID_AFTER_S
        if not is_news and not (self.said_off_s and arrival_s - self.said_s >= SAID_AGAIN_S):
            return None
        self.said_s, self.said_off_s = arrival_s, self.off_s
        return _told(self.off_s, message.arrival_utc_ns)

    def corrected(self, message: OneStamped) -> OneStamped:
        """Give the message with its times on the station's clock, if they are by the sensors'."""
        age_s = (message.arrival_utc_ns - message.time_utc_ns) * _S
        if not self.off_s or abs(age_s - self.off_s) >= abs(age_s):
            return message
        shift_ns = round(self.off_s / _S)
        if isinstance(message, Flash):
            return msgspec.structs.replace(
                message, time_utc_ns=message.time_utc_ns + shift_ns, onset_utc_ns=message.onset_utc_ns + shift_ns
            )
        return msgspec.structs.replace(message, time_utc_ns=message.time_utc_ns + shift_ns)

    def _estimate(self, now_s: float, voters: Container[str]) -> float | None:
        """Where most sensors put the station's clock; 0 for right, None where they do not agree or say too little."""
        speaking = {name: ages for name, ages in self.ages.items() if ages.speaks(now_s)}
        vouched = [ages for name, ages in speaking.items() if name in voters]
        self.is_vouched = bool(vouched)
        cast = [ages.vote_s(1 if vouched else _LEAST_AGES) for ages in vouched or speaking.values()]
        votes = [age for age in cast if age is not None]
        if not votes:
            return None
        middle = statistics.median_low(votes)
        alike = [age for age in votes if abs(age - middle) <= _ALIKE_S]
        if 2 * len(alike) <= len(cast):  # who has not voted yet is not taken for one of them
            return None
        firm = 0.5 if self.off_s else 1.0  # what is believed is not given up and believed again at the threshold
        if -_AHEAD_S * firm <= middle <= _BEHIND_S * firm:
            return 0.0
        # the fastest line's, so that no sensor's stamps come to lie after their arrival and it is called wrong for it
        self.least_s = middle - _FASTEST_S
        return min(age for age in alike if age >= self.least_s)


def _told(off_s: float, arrival_utc_ns: int) -> SensorFault:
    """Say that the station's clock is wrong by so much, or (0) right again."""
    if off_s > 0:
        said = f"the station's clock is {off_s:.1f} s ahead of its sensors'; it works by theirs until it is set right"
    elif off_s < 0:
        said = f"the station's clock is {-off_s:.1f} s behind its sensors'; it works by theirs until it is set right"
    else:
        said = "the station's clock agrees with its sensors' again"
    return SensorFault(
        sensor_id=STATION_CLOCK_ID,
        kind="station_clock",
        arrival_utc_ns=arrival_utc_ns,
        magnitude=off_s,
        unit="s",
        reasons=(said,),
        cleared=not off_s,
    )
