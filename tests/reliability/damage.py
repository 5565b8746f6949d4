"""R5: loads damaged files and prints what came of it. In a process of its own: parsers are in C.

`python -m tests.reliability.damage NAME FLIPS` tries one kind of file, cut at each 1/64 of its
length and with a bit flipped at so many places, and prints a line of JSON: how many gave the same
weights, how many a FileError, and what else happened.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import warnings

import numpy as np

import hornlet

from .savers import SAVERS, model

SECONDS = 10


def damaged(content, flips):
    """(what was done, bytes) for every damage."""
    n = len(content)
    for i in range(64):
        yield f"cut at {i}/64", content[: n * i // 64]
    for i in range(flips):
        place = i * n // flips
        spoiled = bytearray(content)
        spoiled[place] ^= 1 << (i % 8)
        yield f"bit {i % 8} of byte {place} flipped", bytes(spoiled)


def files_of(folder):
    return sorted(os.listdir(folder))


def main(name, flips):
    save, load = SAVERS[name]
    counted = {"same": 0, "FileError": 0, "else": []}
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        made = model(0.5)
        made.set_weights(
            [np.random.default_rng(0).normal(size=w.shape) for w in made.get_weights()]
        )
        good = os.path.join(folder, "good")
        os.mkdir(good)
        save(made, os.path.join(good, name))
        expected = load(os.path.join(good, name))
        for member in files_of(good):
            with open(os.path.join(good, member), "rb") as file:
                content = file.read()
            for what, spoiled in damaged(content, flips // len(files_of(good))):
                place = os.path.join(folder, "bad")
                shutil.copytree(good, place)
                with open(os.path.join(place, member), "wb") as file:
                    file.write(spoiled)
                signal.alarm(SECONDS)
                try:
                    found = load(os.path.join(place, name))
                    same = all(np.array_equal(a, b) for a, b in zip(found, expected))
                    outcome = "same" if same and len(found) == len(expected) else "other weights"
                except hornlet.saving.FileError:
                    outcome = "FileError"
                except Exception as error:
                    outcome = repr(error)
                signal.alarm(0)
                if outcome in counted:
                    counted[outcome] += 1
                else:
                    counted["else"].append(f"{member}, {what}: {outcome}")
                shutil.rmtree(place)
    print(json.dumps(counted))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
