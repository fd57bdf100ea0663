"""``marsad keys``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Keys: who may speak to people, and to which sirens.", no_args_is_help=True)
WARN_DAYS = 60


@app.command()
def make(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    sender: Annotated[str, typer.Option(help="Sender's name in CAP messages, without spaces.")],
    exercise: Annotated[bool, typer.Option("--exercise", help="Keys for drills; no actual receiver has them.")] = False,
) -> None:
    """Make the keys of a station, or (--exercise) those of its drills.  Never overwrites."""
    import datetime

    from marsad.adapters.keys import make_identity

    make_identity(folder, "exercise" if exercise else "actual", sender, datetime.datetime.now(tz=datetime.UTC))
    print(f"{folder}: give {folder / 'cap.crt'} to those who receive CAP messages; keep the rest here")


@app.command()
def siren(
    folder: Annotated[Path, typer.Argument(help="Folder made by 'marsad keys make'.")],
    name: Annotated[str, typer.Argument(help="Name of the siren.")],
) -> None:
    """Make the key that the station shares with one siren."""
    from marsad.adapters.keys import add_siren

    add_siren(folder, name)
    print(f"{folder / 'sirens' / (name + '.key')}: bring this file to the siren, by hand")


@app.command()
def show(folder: Annotated[Path, typer.Argument(help="Folder made by 'marsad keys make'.")]) -> None:
    """Show whose keys these are and how long the certificate lasts.

    Exit code 1 when it runs out within 60 days.  Sirens go on with an old certificate; receivers of CAP may not.
    """
    import datetime

    from marsad.adapters.keys import read_identity

    identity = read_identity(folder)
    days = identity.days_left(datetime.datetime.now(tz=datetime.UTC))
    print(f"kind {identity.kind}  sender {identity.sender}  sirens {', '.join(identity.siren_keys) or '-'}")
    print(f"certificate: {days} days left")
    if days < WARN_DAYS:
        print("make new keys and give the new certificate to all receivers before this one ends")
        raise typer.Exit(1)
