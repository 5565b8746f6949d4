"""Reading JSON from strangers: bounded, strict, without surprises."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from hornlet.base.files import FileError

LARGEST = 16 << 20  # bytes of JSON
DEEPEST = 200  # nested lists and dictionaries
LONGEST_NUMBER = 400  # digits


def parse_json(text: bytes | str, path: str, member: str | None = None) -> Any:
    """The value of a JSON text, or a FileError that says what is wrong with it.

    Keras writes a value that is no number, or infinite, as Python does: `NaN`, `-Infinity`.
    """
    if not isinstance(text, (bytes, str)):
        raise FileError(path, f"expected a JSON text. Received: {type(text).__name__}", member)
    if len(text) > LARGEST:
        raise FileError(path, f"{len(text):,} bytes of JSON; at most {LARGEST:,} are read", member)
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        _check_depth(text, path, member)
        return json.loads(text, object_pairs_hook=_unique, parse_int=_integer, parse_float=_finite)
    except FileError:
        raise
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"not a readable JSON text: {error}", member) from None


# A string, or a bracket outside of strings.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)


def _check_depth(text: str, path: str, member: str | None) -> None:
    depth = 0
    for match in _TOKEN.finditer(text):
        c = match.group()[0] if match.end() - match.start() == 1 else '"'
        if c in "[{":
            depth += 1
            if depth > DEEPEST:
                raise FileError(path, f"JSON nested more than {DEEPEST} deep", member)
        elif c in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice in one object")
    for key in result:
        key.encode("utf-8")  # a lone surrogate is no text
    return result


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:40]} is no number that a float can hold")
    return value
