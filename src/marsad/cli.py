"""The command line: ``marsad COMMAND``.  Each command is a module of ``marsad.commands``, listed here.

Exit codes: 0 success, 1 the command ran and its answer is "no" (a failed check, an interrupted run), 2 bad input
or bad usage, said in one line on standard error.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import typer

COMMANDS: tuple[str, ...] = (
    "demo",
    "serve",
    "replay",
    "prune",
    "explain",
    "siren",
    "drill",
    "keys",
    "people",
    "sheets",
    "process",
    "score",
    "bound",
    "consequence",
    "simulate",
    "warmup",
    "version",
)
"""To add a command: write ``marsad/commands/NAME.py`` with ``command`` or ``app``, and add NAME here."""


def _one_thread() -> None:
    """Keep algebra on small matrices off threads: nothing gained, and a thread count must not change a result."""
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")


def build() -> typer.Typer:
    """Make the application from the command modules."""
    app = typer.Typer(
        name="marsad",
        help="Marsad (مرصد): launch spotting, tracking and early warning for the people of a site.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(lambda: None)  # keeps the name of the command needed while there is one only
    for name in COMMANDS:
        module = import_module(f"marsad.commands.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(module.command)
    return app


def main() -> None:
    """Run the command line."""
    from marsad.adapters.errors import BadInputError

    _one_thread()
    try:
        build()()
    except BadInputError as error:
        print(f"marsad: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.filename is None:  # not about a file that someone named
            raise
        print(f"marsad: {error.filename}: cannot be read or written ({error.strerror})", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
