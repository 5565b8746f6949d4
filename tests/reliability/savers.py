"""What saves and loads a model, by name, and a small model to do it with."""

import functools
import os

import numpy as np

import hornlet
from hornlet.base import files


def model(value):
    """A trained model whose weights all have to do with `value`."""
    made = hornlet.Sequential(
        [hornlet.Input((3,)), hornlet.layers.Dense(4, name="a"), hornlet.layers.Dense(2, name="b")],
        name="m",
    )
    made.compile("adam", "mse")
    made.set_weights([np.full(w.shape, value, "float32") for w in made.get_weights()])
    return made


def _whole(path):
    return hornlet.saving.load_model(path, compile=False).get_weights()


_other = functools.cache(lambda: model(0.0))


def _weights(path):
    made = _other()
    made.set_weights([np.full(w.shape, np.nan) for w in made.get_weights()])
    made.load_weights(path)
    return made.get_weights()


def _sharded(made, path):
    made.save_weights(path, max_shard_size=5e-8)  # one for each layer


# name of the file -> (save, load)
SAVERS = {
    "m.keras": (lambda made, path: made.save(path), _whole),
    "m.h5": (lambda made, path: made.save(path), _whole),
    "m.weights.h5": (lambda made, path: made.save_weights(path), _weights),
    "m.weights.json": (_sharded, _weights),
    "m.safetensors": (lambda made, path: made.save_weights(path), _weights),
}


def value_of(weights):
    """The one value that all weights have; an error when they differ, as in a mixture."""
    (value,) = {float(x) for w in weights for x in np.unique(w)}
    return value


class Calls:
    """Stands in for `os` in `base/files.py`: hands every call through `before`, by its name."""

    NAMES = ("open", "write", "fsync", "replace", "close")

    def __init__(self):
        self.count = dict.fromkeys(self.NAMES, 0)

    def __getattr__(self, name):
        genuine = getattr(os, name)
        if name not in self.NAMES:
            return genuine

        def call(*args, **kwargs):
            self.count[name] += 1
            return self.pass_on(name, genuine, *args, **kwargs)

        return call

    def pass_on(self, name, genuine, *args, **kwargs):
        return genuine(*args, **kwargs)


def watched(monkeypatch, calls):
    monkeypatch.setattr(files, "os", calls)
    return calls
