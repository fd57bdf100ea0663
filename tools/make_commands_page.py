"""Write docs/commands.md, the list of commands with what each says of itself.

    python tools/make_commands_page.py

Run it again when a command was added or renamed.
"""

from __future__ import annotations

from pathlib import Path

import typer

from marsad import cli

PAGE = Path(__file__).resolve().parent.parent / "docs" / "commands.md"
HEAD = """# Commands

`marsad COMMAND --help` tells all options. Exit codes: 0 success; 1 the command ran and its answer is "no"; 2 bad input
or bad usage, said in one line on standard error. This page is made by `tools/make_commands_page.py`.

| command | what it does |
|---|---|
"""


def rows() -> list[str]:
    """Give one row of the table a command, those of groups with their own."""
    group = typer.main.get_command(cli.build())
    found = []
    for name, command in getattr(group, "commands", {}).items():
        found.append(f"| `marsad {name}` | {_first_line(command.help)} |")
        for inner, one in getattr(command, "commands", {}).items():
            found.append(f"| `marsad {name} {inner}` | {_first_line(one.help)} |")
    return found


def _first_line(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


if __name__ == "__main__":
    PAGE.write_text(HEAD + "\n".join(rows()) + "\n", encoding="utf-8")
