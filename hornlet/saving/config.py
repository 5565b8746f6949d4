"""Reading JSON from strangers: bounded, strict, without surprises."""

from __future__ import annotations

import json
from typing import Any

from hornlet.base.files import FileError

LARGEST = 64 << 20  # bytes of JSON
DEEPEST = 200  # nested lists and dictionaries
LONGEST_NUMBER = 400  # digits


def parse_json(text: bytes | str, path: str, member: str | None = None) -> Any:
    """The value of a JSON text, or a FileError that says what is wrong with it."""
    if len(text) > LARGEST:
        raise FileError(path, f"{len(text):,} bytes of JSON; at most {LARGEST:,} are read", member)
    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        _check_depth(text, path, member)
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer
        )
    except FileError:
        raise
    except (ValueError, RecursionError) as error:
        raise FileError(path, f"not a readable JSON text: {error}", member) from None


def _check_depth(text: str, path: str, member: str | None) -> None:
    depth, inside, escaped = 0, False, False
    for c in text:
        if inside:
            if escaped:
                escaped = False
            elif c == "\\":
                escaped = True
            elif c == '"':
                inside = False
        elif c == '"':
            inside = True
        elif c in "[{":
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


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)
