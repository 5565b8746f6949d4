"""The command `run`: a program written for Keras, unchanged, with hornlet in Keras's place."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Sequence

from hornlet.aliases import as_keras


def script_file(path: str) -> str:
    """`path`, if there is a file; for argparse, which turns the error into a line of its own."""
    if not os.path.isfile(path):
        raise argparse.ArgumentTypeError(f"there is no program {path!r}; expected a Python file")
    return path


def run_script(script: str, arguments: Sequence[str] = ()) -> None:
    """Run the Python program `script` as the main program, `import keras` giving hornlet.

    Args:
        script: path of a Python file.
        arguments: what the program finds in `sys.argv[1:]`.
    """
    argv, path = sys.argv, sys.path[0]
    sys.argv, sys.path[0] = [script, *arguments], os.path.dirname(os.path.abspath(script))
    try:
        with as_keras():
            runpy.run_path(script, run_name="__main__")
    finally:
        sys.argv, sys.path[0] = argv, path
