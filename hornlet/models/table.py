"""A table of box characters with word-wrapped, coloured cells, for a terminal or a log."""

from __future__ import annotations

import re

# A run of characters and its style: "", "bold", a colour's number, or both ("bold 34").
Span = tuple[str, str]
Cell = list[Span]


def plain(cell: Cell) -> str:
    """The text of a cell."""
    return "".join(text for text, _ in cell)


def ansi(text: str, style: str) -> str:
    """`text` with the terminal's codes for `style`."""
    if not style or not text:
        return text
    codes = ["1" if part == "bold" else f"38;5;{part}" for part in style.split()]
    return f"\x1b[{';'.join(codes)}m{text}\x1b[0m"


def paint(cell: Cell, colours: bool) -> str:
    """A cell as a string, with or without codes."""
    return "".join(ansi(text, style) for text, style in cell) if colours else plain(cell)


def _cut(cell: Cell, start: int, stop: int) -> Cell:
    """The characters of a cell from `start` to `stop`."""
    spans, at = [], 0
    for text, style in cell:
        part = text[max(start - at, 0) : max(stop - at, 0)]
        if part:
            spans.append((part, style))
        at += len(text)
    return spans


def wrap(cell: Cell, width: int) -> list[Cell]:
    """Lines of at most `width`, broken between words; a longer word ends in an ellipsis."""
    text = plain(cell)
    starts, filled = [0], 0
    for match in re.finditer(r"\s*\S+\s*", text):
        n = len(match.group().rstrip())
        if filled and filled + n > width:
            starts.append(match.start())
            filled = 0
        filled += len(match.group())
    lines = []
    for start, stop in zip(starts, [*starts[1:], len(text)]):
        n = len(text[start:stop].rstrip())
        if n > width:
            lines.append([*_cut(cell, start, start + width - 1), ("…", "")])
        else:
            lines.append(_cut(cell, start, start + n))
    return lines


def align(cell: Cell, width: int, how: str) -> Cell:
    """A line padded to `width`."""
    free = width - len(plain(cell))
    left = {"left": 0, "right": free, "center": free // 2}[how]
    return [(" " * left, ""), *cell, (" " * (free - left), "")]


def shrink(widths: list[int], room: int) -> list[int]:
    """Column widths that fit into `room`, each made narrower by about the same."""
    excess, left, result = sum(widths) - room, len(widths), []
    for width in widths:
        less = min(width, round(excess / left)) if excess > 0 else 0
        result.append(width - less)
        excess -= less
        left -= 1
    return result


def render(
    header: list[str], rows: list[list[Cell]], widths: list[int], alignment: list[str],
    line_length: int, colours: bool,
) -> list[str]:  # fmt: skip
    """The lines of a table whose rows are separated by rules."""
    room = line_length - len(widths) - 1
    inner = [w - 2 for w in shrink([w + 2 for w in widths], room)]

    def rule(left: str, line: str, middle: str, right: str) -> str:
        return left + middle.join(line * (w + 2) for w in inner) + right

    def lines(cells: list[Cell], edge: str, low: bool = False) -> list[str]:
        wrapped = [wrap(cell, max(w, 1)) for cell, w in zip(cells, inner)]
        height = max(len(part) for part in wrapped)
        if low:
            wrapped = [[[]] * (height - len(part)) + part for part in wrapped]
        made = []
        for k in range(height):
            parts = []
            for part, w, how in zip(wrapped, inner, alignment):
                line = part[k] if k < len(part) else []
                parts.append(f" {paint(align(line, w, how), colours)} ")
            made.append(edge + edge.join(parts) + edge)
        return made

    text = [rule("┏", "━", "┳", "┓")]
    text += lines([[(name, "bold")] for name in header], "┃", low=True)
    text.append(rule("┡", "━", "╇", "┩"))
    for k, row in enumerate(rows):
        if k:
            text.append(rule("├", "─", "┼", "┤"))
        text += lines(row, "│")
    text.append(rule("└", "─", "┴", "┘"))
    return text
