"""What an attack is, and the groups that the files beside enter theirs in."""

import json
import os
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import hornlet
from hornlet.utils.archives import extract_archive
from tests.hostile import seeds

ENDINGS = {
    "keras": "keras", "weights": "weights.h5", "legacy": "h5", "onnx": "onnx", "archive": "tar",
}  # fmt: skip


class Attack(NamedTuple):
    """One attempt: `content` makes the file's bytes, a JSON text, a config, or is what is run."""

    name: str
    content: Callable
    how: str = "keras"

    def prepared(self, folder):
        """What to run, and the file it reads, if any."""
        content = self.content()
        if self.how == "run":
            return content, None
        if self.how == "json":
            return (lambda: hornlet.models.model_from_json(content)), None
        if self.how == "config":
            return (lambda: hornlet.saving.deserialize_keras_object(content)), None
        path = os.path.join(folder, f"a.{ENDINGS[self.how]}")
        with open(path, "wb") as file:
            file.write(content)
        if self.how == "archive":
            return (lambda: extract_archive(path, os.path.join(folder, "out"))), path
        if self.how == "weights":
            return (lambda: _victim().load_weights(path)), path
        if self.how == "onnx":
            return (lambda: hornlet.saving.from_onnx(path)), path
        return (lambda: hornlet.saving.load_model(path)), path


@cache
def _victim():
    return seeds.model()


GROUPS: dict[str, Callable] = {}


def group(function):
    GROUPS[function.__name__] = function
    return function


def warm(folder):
    """Load good files of every kind once."""
    for how, content in (
        ("keras", seeds.packed()), ("weights", seeds.weights()), ("legacy", seeds.legacy()),
        ("onnx", seeds.onnx()),
    ):  # fmt: skip
        run, path = Attack("good", lambda content=content: content, how).prepared(folder)
        run()
        os.unlink(path)
    text = json.dumps(seeds.config())
    Attack("good", lambda: text, "json").prepared(folder)[0]()

