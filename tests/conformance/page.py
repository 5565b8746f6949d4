"""docs/keras.md: how many of Keras's names are hornlet's too, and why the others are not.

`python -m tests.conformance.page` writes it anew.
"""

import os
import pathlib
from collections import Counter

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras  # noqa: E402  (the backend is chosen before)

import hornlet  # noqa: E402

from .exceptions import EXCEPTIONS, UNWRITTEN  # noqa: E402
from .own.reasons import BY_CHANCE, REASONS  # noqa: E402
from .walk import at, classes, differences, modules, names, owned  # noqa: E402

PAGE = pathlib.Path(hornlet.__file__).parent.parent / "docs" / "keras.md"
TEXT = """\
# Compared with Keras

Every public name of Keras {version} was looked up in hornlet, with its arguments, their order and
their defaults, and every public method and property of the classes that both have. This page is
generated (`python -m tests.conformance.page`), and the test suite fails where it is not up to date.

Of {names} names {same_names} are the same, of {members} methods and properties {same_members}.
What `*` takes in below is most of the rest: the methods are there, with the base's arguments.

| namespace | names | the same | methods and properties | the same |
|---|---|---|---|---|
{table}

## What differs for good

`*` stands for any name.

| name | why |
|---|---|
{reasons}

## What is still to be written

{unwritten}

## Keras's own tests

The distribution that Keras's sources come in holds its tests. `tests/conformance/own` fetches it
and runs them with hornlet in Keras's place: some 6,000 pass. Those that do not, by reason:

{own}

Tests are skipped that use private attributes, other frameworks or the network; errors are compared
by their type.
"""


ROOMS = modules(keras)


def room_of(path):
    """The room of a name or of a class's member: of `keras.layers.Dense.call` it is layers."""
    room = ".".join(path.split(".")[:2])
    return room if room in ROOMS and room != path else "keras"


def page(found):
    """The page's text, from what `differences` found."""
    everything = names(keras)
    paths = classes(everything)
    members = {
        path for cls in paths if at(hornlet, paths[cls]) for _, path in owned(cls, paths)
    }  # fmt: skip
    columns = [
        Counter(map(room_of, paths))
        for paths in (everything, everything.keys() - found, members, members - found.keys())
    ]
    rows = [(room, *(column[room] for column in columns)) for room in sorted(columns[0])]
    waiting = [f"- `{place}`: {', '.join(what.split())}" for place, what in UNWRITTEN.items()]
    return TEXT.format(
        version=keras.__version__,
        names=columns[0].total(),
        same_names=columns[1].total(),
        members=columns[2].total(),
        same_members=columns[3].total(),
        table="\n".join(f"| `{row[0]}` | {' | '.join(map(str, row[1:]))} |" for row in rows),
        reasons="\n".join(f"| `{name}` | {why} |" for name, why in EXCEPTIONS.items()),
        unwritten="\n".join(waiting) or "Nothing.",
        own="\n".join(f"- {reason}" for reason in dict.fromkeys((REASONS | BY_CHANCE).values())),
    )


if __name__ == "__main__":
    PAGE.write_text(page(dict(differences(keras, hornlet))))
