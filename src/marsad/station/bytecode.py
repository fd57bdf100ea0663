"""Keeping what Python compiles its sources to, where the environment would not (PYTHONDONTWRITEBYTECODE)."""

from __future__ import annotations

import importlib.util
import py_compile
import sys
from pathlib import Path


def keep_bytecode() -> int:
    """Write the bytecode of every module that is loaded and has none; give how many were written.

    A start without it compiles some 1500 sources again each time, which takes longer than all else.
    """
    written = 0
    for module in list(sys.modules.values()):
        source = getattr(module, "__file__", None)
        if not source or not source.endswith(".py"):
            continue
        try:
            kept = Path(importlib.util.cache_from_source(source))
            if kept.is_file() and kept.stat().st_mtime >= Path(source).stat().st_mtime:
                continue
            py_compile.compile(source, cfile=str(kept), doraise=True)
            written += 1
        except (OSError, NotImplementedError, py_compile.PyCompileError):
            continue  # a folder that cannot be written to: the start takes longer, that is all
    return written
