"""KerasTuner searches the width, the activation and the learning rate, and hands on the best."""

import sys

import keras
import keras_tuner
import numpy as np

rng = np.random.default_rng(0)
x = rng.uniform(-1, 1, (800, 2)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("int64")


def build(hp):
    model = keras.Sequential([keras.Input((2,))])
    for _ in range(hp.Int("depth", 0, 2)):
        model.add(
            keras.layers.Dense(hp.Choice("units", [4, 16]), hp.Choice("how", ["relu", "tanh"]))
        )
    model.add(keras.layers.Dense(1, activation="sigmoid"))
    rate = hp.Float("rate", 1e-3, 3e-2, sampling="log")
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    return model


tuner = keras_tuner.RandomSearch(
    build, objective="val_accuracy", max_trials=6, seed=1, directory=sys.argv[1], project_name="xor"
)
tuner.search(x[:600], y[:600], validation_split=0.25, epochs=8, batch_size=32, verbose=0)
best, worst = (trial.score for trial in (lambda t: (t[0], t[-1]))(tuner.oracle.get_best_trials(6)))
print(f"worst {worst:.4f}")
print(f"best {best:.4f}")
model = tuner.get_best_models()[0]
print(f"reloaded {model.evaluate(x[600:], y[600:], verbose=0)[1]:.4f}")
again = tuner.hypermodel.build(tuner.get_best_hyperparameters()[0])
again.fit(x[:600], y[:600], epochs=30, batch_size=32, verbose=0)
print(f"accuracy {again.evaluate(x[600:], y[600:], verbose=0)[1]:.4f}")
