"""The sub-commands of ``marsad``, one module each; ``marsad.cli`` lists them.

A module here offers ``command`` (a function that typer turns into a sub-command, its docstring into the help) or
``app`` (a ``typer.Typer`` with sub-commands of its own).  Heavy imports stand inside the functions, so that
``marsad --help`` answers at once.
"""
