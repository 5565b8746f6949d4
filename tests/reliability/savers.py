"""What saves and loads a model, by name, and a small model to do it with."""

import functools
import os

import numpy as np

import hornlet
from hornlet.base import files, states
from hornlet.callbacks import manifest
from hornlet.saving import shards


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


def _listed(made, path):
    """As `ModelCheckpoint(keep=1)` does: a file named by the value, and the list beside it."""
    folder = os.path.dirname(path)
    (value,) = {float(w.flat[0]) for w in made.get_weights()[-1:]}
    pattern = os.path.join(folder, "{epoch}.weights.h5")
    file = os.path.join(folder, f"{value}.weights.h5")
    manifest.kept(pattern, file, 1, made.save_weights, {"step": 0})


def _newest(path):
    found = manifest.newest_checkpoint(os.path.dirname(path))
    if found is None:
        raise files.FileError(path, "no whole checkpoint")
    return _weights(found)


# name of the file -> (save, load)
SAVERS = {
    "m.keras": (lambda made, path: made.save(path), _whole),
    "m.h5": (lambda made, path: made.save(path), _whole),
    "m.weights.h5": (lambda made, path: made.save_weights(path), _weights),
    "m.weights.json": (_sharded, _weights),
    "m.safetensors": (lambda made, path: made.save_weights(path), _weights),
    "latest.state": (
        lambda made, path: states.write_state(path, made.get_weights()),
        states.read_state,
    ),
    "checkpoints.json": (_listed, _newest),
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
    for module in (files, manifest, shards):
        monkeypatch.setattr(module, "os", calls)
    return calls
