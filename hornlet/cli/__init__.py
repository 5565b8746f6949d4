"""The command line: `python -m hornlet demo` and `python -m hornlet predict`."""

from hornlet.cli.main import main

__all__ = ["main"]
