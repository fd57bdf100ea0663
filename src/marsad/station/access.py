"""Who may do what: accounts, sessions and the rule of two persons.  Every check is here and nowhere else.

Accounts are local, in one TOML file, with passwords hashed by argon2id (RFC 9106).  Roles: observer < operator <
supervisor.  Some acts need two persons: one proposes, another one in another session confirms within a minute.
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from marsad.adapters.errors import BadInputError
from marsad.adapters.toml_text import require_usable
from marsad.terms import PersonOrder
from marsad.terms.text import name_fault

Role = Literal["observer", "operator", "supervisor"]
Act = Literal[
    "see",
    "acknowledge",
    "annotate",
    "alarm",
    "alarm_wider",
    "hold",
    "cancel",
    "all_clear",
    "correct",
    "test_channel",
    "drill",
]
RANK: dict[str, int] = {"observer": 0, "operator": 1, "supervisor": 2}
LEAST_ROLE: dict[Act, Role] = {
    "see": "observer",
    "acknowledge": "operator",
    "annotate": "operator",
    "alarm": "operator",
    "alarm_wider": "operator",
    "hold": "operator",
    "cancel": "operator",
    "all_clear": "supervisor",
    "correct": "operator",
    "test_channel": "supervisor",
    "drill": "supervisor",
}
TWO_PERSONS: frozenset[Act] = frozenset({"alarm_wider", "cancel"})
CONFIRM_WITHIN_NS = 60_000_000_000
SESSION_NS = 12 * 3600 * 1_000_000_000
LOCK_AFTER, LOCK_NS = 5, 60_000_000_000
LEAST_PASSWORD = 10
MOST_PROPOSALS = 100


class NotAllowedError(Exception):
    """Someone may not do what was asked; the message says why, without telling what would help an intruder."""


class PersonEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[person]]``."""

    name: str
    role: Role
    password_hash: str


class PeopleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The accounts; an alarm of zones outside ``own_zones`` (all where left out) takes two persons."""

    own_zones: tuple[str, ...] = ()
    person: tuple[PersonEntry, ...] = ()


@dataclass(frozen=True)
class Session:
    """A person who has logged in."""

    name: str
    role: Role
    until_utc_ns: int


@dataclass(frozen=True)
class Proposal:
    """An order that waits for its second person."""

    order: PersonOrder
    act: Act
    by_name: str
    by_token: str
    until_utc_ns: int


@dataclass
class _Failures:
    count: int = 0
    locked_until_utc_ns: int = 0


@dataclass
class Access:
    """The accounts of a station with their sessions and proposals; ``token`` makes secrets no one can guess."""

    people: PeopleFile
    token: Callable[[], str] = secrets.token_hex
    sessions: dict[str, Session] = field(default_factory=dict)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    _failures: dict[str, _Failures] = field(default_factory=dict)
    _hasher: PasswordHasher = field(default_factory=PasswordHasher)
    _decoy: str = ""

    # --- coming in ---

    def log_in(self, name: str, password: str, now_utc_ns: int) -> tuple[str, Session]:
        """Give a new session's token.

        Raises
        ------
        NotAllowedError
            Wrong name or password (not said which), or too many wrong ones within a minute.
        """
        failures = self._failures.setdefault(name[:64], _Failures())
        if now_utc_ns < failures.locked_until_utc_ns:
            raise NotAllowedError("too many wrong passwords; wait a minute")
        person = next((p for p in self.people.person if p.name == name), None)
        if not self._matches(person, password):
            failures.count += 1
            if failures.count >= LOCK_AFTER:
                failures.count, failures.locked_until_utc_ns = 0, now_utc_ns + LOCK_NS
            raise NotAllowedError("wrong name or password")
        assert person is not None
        del self._failures[name[:64]]
        session = Session(person.name, person.role, now_utc_ns + SESSION_NS)
        token = self.token()
        self.sessions[token] = session
        return token, session

    def _matches(self, person: PersonEntry | None, password: str) -> bool:
        """Compare a password, in the same time whether or not the name is known."""
        self._decoy = self._decoy or self._hasher.hash(secrets.token_hex())
        try:
            self._hasher.verify(person.password_hash if person else self._decoy, password)
        except (Argon2Error, InvalidHashError, UnicodeEncodeError):  # the last: half of a surrogate pair
            return False
        return person is not None

    def log_out(self, token: str) -> None:
        """End a session; what it proposed falls."""
        self.sessions.pop(token, None)
        self.proposals = {k: p for k, p in self.proposals.items() if p.by_token != token}

    def session(self, token: str, now_utc_ns: int) -> Session:
        """Give the session of a token.

        Raises
        ------
        NotAllowedError
            There is none, or it has ended.
        """
        session = self.sessions.get(token)
        if session is None or now_utc_ns >= session.until_utc_ns:
            self.sessions.pop(token, None)
            raise NotAllowedError("log in first")
        return session

    # --- the checks ---

    def require(self, token: str, act: Act, now_utc_ns: int) -> Session:
        """Give the session if its role may do the act.

        Raises
        ------
        NotAllowedError
            It may not.
        """
        session = self.session(token, now_utc_ns)
        if RANK[session.role] < RANK[LEAST_ROLE[act]]:
            raise NotAllowedError(f"this takes the role of {LEAST_ROLE[act]}; {session.name} is {session.role}")
        return session

    def act_of(self, order: PersonOrder) -> Act:
        """Name the act that an order is: an alarm beyond the own zones is another one than within."""
        if order.what == "alarm" and self.people.own_zones and not set(order.zone_ids) <= set(self.people.own_zones):
            return "alarm_wider"
        return order.what

    def order(self, token: str, order: PersonOrder, now_utc_ns: int) -> PersonOrder | str:
        """Take an order: give it back with its author to be carried out, or the id under which it waits for a second.

        Raises
        ------
        NotAllowedError
            The person may not order it.
        """
        act = self.act_of(order)
        session = self.require(token, act, now_utc_ns)
        signed = msgspec.structs.replace(order, operator_ids=(session.name,))
        if act not in TWO_PERSONS:
            return signed
        self.proposals = {k: p for k, p in self.proposals.items() if p.until_utc_ns > now_utc_ns}
        if len(self.proposals) >= MOST_PROPOSALS:
            raise NotAllowedError("too many orders wait for a second person")
        self.proposals[order.order_id] = Proposal(signed, act, session.name, token, now_utc_ns + CONFIRM_WITHIN_NS)
        return order.order_id

    def confirm(self, token: str, order_id: str, now_utc_ns: int) -> PersonOrder:
        """Be the second person: give the order with both authors, to be carried out.

        Raises
        ------
        NotAllowedError
            No such order waits (any more), or it is the same person or session.
        """
        proposal = self.proposals.get(order_id)
        if proposal is None or now_utc_ns >= proposal.until_utc_ns:
            self.proposals.pop(order_id, None)
            raise NotAllowedError("no such order waits; a second person has 60 seconds")
        session = self.require(token, proposal.act, now_utc_ns)
        if session.name == proposal.by_name or token == proposal.by_token:
            raise NotAllowedError("the second person must be another one, in a session of their own")
        del self.proposals[order_id]
        return msgspec.structs.replace(
            proposal.order, arrival_utc_ns=now_utc_ns, operator_ids=(proposal.by_name, session.name)
        )

    def waiting(self, now_utc_ns: int) -> list[Proposal]:
        """Give the orders that wait for a second person."""
        return [p for p in self.proposals.values() if p.until_utc_ns > now_utc_ns]


def read_people(path: Path, zone_ids: frozenset[str]) -> Access:
    """Read the accounts.

    Raises
    ------
    BadInputError
        One line that names the file and what was expected.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
        people = msgspec.convert(content, PeopleFile)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInputError(path, f"a file of accounts expected ({error})") from error
    require_usable(path, text, content)
    names = [person.name for person in people.person]
    if len(set(names)) < len(names):
        raise BadInputError(path, "two persons have the same name")
    if strange := sorted(set(people.own_zones) - zone_ids):
        raise BadInputError(path, f"the site has no zone {strange[0]!r}", field="own_zones")
    for person in people.person:
        if not person.password_hash.startswith("$argon2id$"):
            raise BadInputError(path, f"an argon2id hash expected for {person.name!r}: use 'marsad people add'")
    return Access(people)


def add_person(path: Path, name: str, role: Role, password: str) -> None:
    """Add an account to the file (made if it is not there); passwords are kept as argon2id hashes only.

    Raises
    ------
    BadInputError
        The name is taken or odd, or the password too short.
    """
    if fault := name_fault(name):
        raise BadInputError("name", fault)
    if any(c in name for c in '"\\'):
        raise BadInputError(name, "a name without quotes and line ends expected")
    if len(password) < LEAST_PASSWORD:
        raise BadInputError("password", f"at least {LEAST_PASSWORD} characters expected")
    told = path.read_text(encoding="utf-8") if path.exists() else ""
    if path.exists() and any(p.name == name for p in msgspec.convert(tomllib.loads(told), PeopleFile).person):
        raise BadInputError(path, f"there is an account of {name!r} already")
    entry = f'[[person]]\nname = "{name}"\nrole = "{role}"\npassword_hash = "{PasswordHasher().hash(password)}"\n'
    if not path.exists():
        path.touch(mode=0o600)
    path.write_text(f"{told}\n{entry}" if told else entry, encoding="utf-8")
