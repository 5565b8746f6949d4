"""One run: settings and a seed in, figures out. Nothing else decides what a run gives."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

import hornlet.initializers as initializers
import hornlet.layers as layers
import hornlet.mini as mini
import hornlet.models as models
from hornlet.callbacks import GradientNorms, LambdaCallback
from hornlet.datasets.letters import load_folds
from hornlet.experiments.recipes import RECIPES, compiled
from hornlet.experiments.settings import TEST_FOLDS, TRAIN_FOLDS, VALIDATION_FOLDS, Settings
from hornlet.optimizers import Adam
from hornlet.optimizers.schedules import CosineDecay
from hornlet.regularizers import L1, L2
from hornlet.utils import set_random_seed, to_categorical

INITIALIZERS: dict[str, Any] = {
    "glorot": initializers.GlorotNormal,
    "he": initializers.HeNormal,
    "normal": lambda: initializers.RandomNormal(stddev=1.0),
}
POINTS = 25  # of a curve, at most
PROBE = 1000  # training letters whose error a curve shows


class Data:
    """Pictures and labels of one run: `train`, `validation` and `test`."""

    def __init__(self, settings: Settings, seed: int):
        letters = settings["letters"]
        folds = (TRAIN_FOLDS, VALIDATION_FOLDS, TEST_FOLDS)
        if settings["way"] == "recipe":  # chosen already: the validation fold trains, too
            folds = (TRAIN_FOLDS + VALIDATION_FOLDS, VALIDATION_FOLDS, TEST_FOLDS)
        x, y = _folds(folds[0], letters)
        rows = np.random.default_rng(seed).permutation(len(x))
        rows = rows[: settings["rows"] or len(x)]
        self.train = x[rows], y[rows]
        most = settings.get("most_tested")  # all but in tests
        self.validation, self.test = (
            tuple(array[:most] for array in _folds(part, letters)) for part in folds[1:]
        )
        self.classes = len(letters)


@lru_cache(maxsize=8)
def _folds(folds: tuple, letters: str) -> tuple[np.ndarray, np.ndarray]:
    return load_folds(folds, letters)


def run(settings: Settings, seed: int) -> dict[str, Any]:
    """Train as the settings say.

    Returns:
        "test", "validation" and "train", the accuracies at the end; where the settings ask for
        them "curves" (errors on train and test letters at certain passes) and "norms" (of the
        gradients, by layer and step); for recipes "confusion".
    """
    set_random_seed(seed)
    data = Data(settings, seed)
    way = {"report": _run_report, "today": _run_today, "recipe": _run_recipe}[settings["way"]]
    return way(settings, data, seed)


def accuracy(predict: Any, part: tuple) -> float:
    """The share of pictures that are read rightly."""
    return float(np.mean(predict(part[0]).argmax(axis=1) == part[1]))


class Curves:
    """The errors on training and test letters as training goes on."""

    def __init__(self, predict: Any, data: Data):
        self.predict, self.data = predict, data
        self.found: dict[str, list] = {"at": [], "train": [], "test": []}

    def note(self, at: int) -> None:
        self.found["at"].append(at)
        probe = tuple(part[:PROBE] for part in self.data.train)
        for name, part in (("train", probe), ("test", self.data.test)):
            self.found[name].append(1 - accuracy(self.predict, part))


def _figures(predict: Any, data: Data) -> dict[str, Any]:
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    return {name: accuracy(predict, part) for name, part in parts.items()}


def _rows(x: np.ndarray, scale: float) -> np.ndarray:
    return x.reshape(len(x), -1).astype("float32") / np.float32(scale)


def _run_report(settings: Settings, data: Data, seed: int) -> dict[str, Any]:
    model = _mini(settings, data)
    scale, iterations = settings["scale"], settings["iterations"]

    def predict(x: np.ndarray) -> np.ndarray:
        return model.predict(_rows(x, scale))

    x, y = _rows(data.train[0], scale), data.train[1]
    curves = Curves(predict, data)
    random = np.random.default_rng(seed)
    stops = _stops(iterations) if settings["curves"] else [iterations]
    if settings["noise"]:  # new noise at every step
        stops = list(range(1, iterations + 1))
    before = 0
    for stop in stops:
        noise = random.normal(0, settings["noise"] / scale, x.shape) if settings["noise"] else 0
        model.fit(x + np.float32(noise), y, iterations=stop - before)
        before = stop
        if settings["curves"] and stop in _stops(iterations):
            curves.note(stop)
    return _result(settings, _figures(predict, data), curves, model.norms)


def _mini(settings: Settings, data: Data) -> mini.Sequential:
    model = mini.Sequential([mini.Layer(size=data.train[0][0].size)])
    for place in range(settings["depth"]):
        drops = _drops(settings, place)
        model.add(
            mini.Layer(
                size=settings["width"],
                activation=settings["activation"],
                type="dropout" if drops else "dense",
                dropout_keep_prob=1 - settings["dropout"] if drops else 1,
            )
        )
    model.add(mini.Layer(size=data.classes, activation="softmax"))
    if settings["initializer"] != "original":
        make = INITIALIZERS[settings["initializer"]]
        model.set_weights([make()(w.shape) if w.ndim == 2 else w for w in model.get_weights()])
    model.compile(
        learning_rate=settings["rate"],
        regularization=settings["penalty"],
        weight_penalty=settings["weight_penalty"],
    )
    return model


def _drops(settings: Settings, place: int) -> bool:
    last = place == settings["depth"] - 1
    return settings["where"] == "every" or settings["where"] == "last" and last


def _stops(passes: int) -> list[int]:
    """Up to POINTS passes, the last among them, after which a curve has a point."""
    every = -(-passes // POINTS)
    return sorted({*range(every, passes + 1, every), passes})


def _run_today(settings: Settings, data: Data, seed: int) -> dict[str, Any]:
    model = _dense(settings, data)

    def predict(x: np.ndarray) -> np.ndarray:
        return model.predict(_rows(x, settings["scale"]), batch_size=512, verbose=0)

    curves = Curves(predict, data)
    callbacks: list = []
    if settings["curves"]:
        note = LambdaCallback(on_epoch_end=lambda epoch, logs: curves.note(epoch + 1))
        callbacks.append(note)
    x, y = _rows(data.train[0], settings["scale"]), data.train[1]
    if settings["norms"]:
        callbacks.append(GradientNorms(x[:PROBE], y[:PROBE]))
    model.fit(
        x,
        y,
        batch_size=settings["batch"],
        epochs=settings["epochs"],
        verbose=0,
        callbacks=callbacks,
    )
    norms = list(callbacks[-1].norms.values()) if settings["norms"] else []
    return _result(settings, _figures(predict, data), curves, norms)


def _dense(settings: Settings, data: Data) -> models.Sequential:
    penalties: dict[Any, Any] = {None: lambda w: None, "ridge": lambda w: L2(w / 2), "lasso": L1}
    parts: list = [layers.Input((data.train[0][0].size,))]
    if settings["noise"]:
        parts.append(layers.GaussianNoise(settings["noise"] / settings["scale"]))
    for place in range(settings["depth"] + 1):
        last = place == settings["depth"]
        parts.append(
            layers.Dense(
                data.classes if last else settings["width"],
                activation="softmax" if last else settings["activation"],
                kernel_initializer=INITIALIZERS[settings["initializer"]](),
                kernel_regularizer=penalties[settings["penalty"]](settings["weight_penalty"]),
            )
        )
        if not last and _drops(settings, place):
            parts.append(layers.Dropout(settings["dropout"]))
    model = models.Sequential(parts)
    steps = settings["epochs"] * -(-len(data.train[0]) // settings["batch"])
    model.compile(
        optimizer=Adam(CosineDecay(settings["rate"], steps)),
        loss="sparse_categorical_crossentropy",
    )
    return model


def _run_recipe(settings: Settings, data: Data, seed: int) -> dict[str, Any]:
    own = RECIPES[settings["kind"]]
    epochs = settings.get("epochs", own.epochs)
    steps = epochs * -(-len(data.train[0]) // own.batch)
    model = compiled(settings["kind"], data.classes, steps)

    def predict(x: np.ndarray) -> np.ndarray:
        return model.predict(x, batch_size=512, verbose=0)

    targets = to_categorical(data.train[1], data.classes)
    model.fit(data.train[0], targets, batch_size=own.batch, epochs=epochs, verbose=0)
    confusion = np.zeros((data.classes, data.classes), int)
    np.add.at(confusion, (data.test[1], predict(data.test[0]).argmax(axis=1)), 1)
    return {**_figures(predict, data), "confusion": confusion.tolist()}


def _result(settings: Settings, figures: dict, curves: Curves, norms: list) -> dict[str, Any]:
    if settings["curves"]:
        figures["curves"] = curves.found
    if settings["norms"]:
        figures["norms"] = [[float(norm) for norm in series] for series in norms]
    return figures
