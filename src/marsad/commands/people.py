"""``marsad people``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Accounts: who may acknowledge, alarm, cancel and clear.", no_args_is_help=True)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="File of accounts (.toml), made if it is not there.")],
    name: Annotated[str, typer.Argument(help="Name by which the person logs in.")],
    role: Annotated[str, typer.Option(help="observer, operator or supervisor.")] = "operator",
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from input.")] = False,
) -> None:
    """Add an account; the password is asked for, and kept as an argon2id hash only."""
    import sys
    from typing import cast

    from marsad.adapters.errors import BadInputError
    from marsad.station.access import RANK, Role, add_person

    if role not in RANK:
        raise BadInputError("--role", f"one of {', '.join(RANK)} expected, found {role!r}")
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    add_person(file, name, cast(Role, role), password)
    print(f"{file}: {name}, {role}")


@app.command("list")
def show(file: Annotated[Path, typer.Argument(help="File of accounts.")]) -> None:
    """List the accounts with what each may do."""
    import tomllib

    import msgspec

    from marsad.adapters.errors import BadInputError
    from marsad.station.access import LEAST_ROLE, RANK, PeopleFile

    try:
        people = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), PeopleFile)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise BadInputError(file, f"a file of accounts expected ({error})") from error
    for person in people.person:
        acts = [act for act, least in LEAST_ROLE.items() if RANK[person.role] >= RANK[least]]
        print(f"{person.name}  {person.role}: {', '.join(acts)}")
