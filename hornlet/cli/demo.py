"""Learns six handwritten letters: trains, keeps the best weights, tests once, draws and saves."""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from hornlet.base.files import atomic_write
from hornlet.callbacks import Callback, EarlyStopping
from hornlet.cli import figure, networks
from hornlet.datasets import letters as data_set
from hornlet.experiments.recipes import RECIPES
from hornlet.optimizers import Adam
from hornlet.optimizers.schedules import CosineDecay
from hornlet.utils import set_random_seed

LETTERS = "adeghp"
CNN = RECIPES["cnn"]
EPOCHS = {"dense": 8, "cnn": CNN.epochs, "mini": 6}
BATCH = 128
TRAIN_FOLDS, VALIDATION_FOLDS, TEST_FOLDS = tuple(range(7)), (7,), (8, 9)


class Curves(Callback):
    """Notes the error on training and test letters after each epoch, for the picture alone."""

    def __init__(self, train, test, prepare=lambda x: x):
        super().__init__()
        self.sets = {"train": train, "test": test}
        self.prepare = prepare
        self.errors: dict[str, list[float]] = {"train": [], "test": []}

    def on_epoch_end(self, epoch, logs=None):
        for name, (x, y) in self.sets.items():
            found = self.model.predict(self.prepare(x), batch_size=BATCH, verbose=0).argmax(axis=1)
            self.errors[name].append(float(np.mean(found != y)))


def run_demo(kind: str, seed: int, epochs: int | None, out: str) -> float:
    """Train the network `kind` and write `letters.png` and `letters.keras` to the folder `out`.

    Folds 0 to 6 train, fold 7 chooses the epoch whose weights are kept, folds 8 and 9 give the
    last figure and the test curve of the picture.

    Returns:
        the accuracy on the test folds.
    """
    epochs = EPOCHS[kind] if epochs is None else epochs
    if epochs < 1:
        raise ValueError(f"--epochs must be at least 1. Received: {epochs}")
    figure.need_matplotlib()
    os.makedirs(out, exist_ok=True)
    set_random_seed(seed)
    train, validation, test = (
        data_set.load_folds(folds, LETTERS) for folds in (TRAIN_FOLDS, VALIDATION_FOLDS, TEST_FOLDS)
    )
    print(
        f"Letters {' '.join(LETTERS)}: {len(train[1])} to train, {len(validation[1])} to choose, "
        f"{len(test[1])} to test."
    )
    started = time.perf_counter()
    learn = learn_mini if kind == "mini" else learn_keras
    model, curves = learn(kind, train, validation, test, epochs)
    seconds = time.perf_counter() - started
    probabilities = model.predict(test[0], batch_size=BATCH, verbose=0)
    accuracy = float(np.mean(probabilities.argmax(axis=1) == test[1]))
    model.save(os.path.join(out, "letters.keras"))
    picture = figure.draw(curves.errors, probabilities, test, LETTERS, accuracy)
    atomic_write(os.path.join(out, "letters.png"), lambda file: file.write(picture))
    print(f"Trained in {seconds:.0f} s; wrote letters.png and letters.keras to {out}/.")
    print(f"test accuracy {accuracy:.4f}")
    return accuracy


def learn_keras(kind, train, validation, test, epochs):
    """Adam with a learning rate that falls along a cosine."""
    model = {"dense": networks.dense, "cnn": networks.cnn}[kind](LETTERS)
    model.summary()
    batch, rate = (CNN.batch, CNN.rate) if kind == "cnn" else (BATCH, 1e-3)
    steps = epochs * -(-len(train[1]) // batch)
    model.compile(
        optimizer=Adam(CosineDecay(rate, steps)),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    curves = Curves((train[0][:2000], train[1][:2000]), test)
    model.fit(
        *train,
        batch_size=batch,
        epochs=epochs,
        validation_data=validation,
        verbose=how_verbose(),
        callbacks=[best_weights(epochs), curves],
    )
    # The optimizer's state is that of the last epoch, the weights are the best one's: leave it out.
    return networks.uncompiled(model), curves


def learn_mini(kind, train, validation, test, epochs):
    """Gradient descent in batches, by mini-Keras alone."""
    model = networks.small(LETTERS)
    model.compile(learning_rate=0.15, regularization="ridge", weight_penalty=1e-4)
    curves = Curves((train[0][:2000], train[1][:2000]), test, flat)
    model.fit(
        flat(train[0]),
        train[1],
        iterations=epochs,
        batch_size=BATCH,
        validation_data=(flat(validation[0]), validation[1]),
        verbose=how_verbose(),
        callbacks=[best_weights(epochs), curves],
    )
    return networks.named(model, LETTERS), curves


def flat(pictures: np.ndarray) -> np.ndarray:
    """Pictures as rows of numbers from 0 to 1."""
    return pictures.reshape(len(pictures), -1).astype("float32") / np.float32(255)


def how_verbose() -> int:
    """A bar that moves in a terminal; in a file one line for each epoch."""
    return 1 if sys.stdout.isatty() else 2


def best_weights(epochs: int) -> EarlyStopping:
    """Ends with the weights of the epoch that was best on the validation letters."""
    return EarlyStopping(
        monitor="val_accuracy",
        mode="max",
        patience=epochs,
        restore_best_weights=True,
    )
