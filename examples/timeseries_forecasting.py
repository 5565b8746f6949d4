"""Forecasts a temperature a quarter of a day ahead from the last day's measurements.

    python -m hornlet run examples/timeseries_forecasting.py [epochs]

The weather is made: days, slow fronts and noise; the pressure announces the fronts.
"""

import sys

import keras
import numpy as np
from keras import layers

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 10
PAST, AHEAD = 24, 6

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
hours = np.arange(3000)
# A front passes some hours after the pressure has changed.
fronts = np.convolve(rng.normal(size=hours.size + 40), np.hanning(40), "valid")[: hours.size]
temperature = 12 + 5 * np.sin(2 * np.pi * hours / 24) + 2 * np.roll(fronts, 8)
temperature += 0.3 * rng.normal(size=hours.size)
pressure = 1013 - 4 * fronts + 0.5 * rng.normal(size=hours.size)
series = np.stack([temperature, pressure], axis=-1).astype("float32")

windows = np.lib.stride_tricks.sliding_window_view(series, PAST, axis=0).transpose(0, 2, 1)
x, y = windows[:-AHEAD].copy(), series[PAST + AHEAD - 1 :, 0]
split = int(0.8 * len(x))

normalize = layers.Normalization()
normalize.adapt(series[:split])
inputs = keras.Input(shape=(PAST, 2))
h = normalize(inputs)
h = layers.Conv1D(16, 3, activation="relu")(h)
h = layers.GRU(24)(h)
change = layers.Dense(1)(h)
# The network says by how much the temperature will differ from the last one measured.
outputs = layers.Add()([change, inputs[:, -1, :1]])
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.Adam(5e-3), loss="mse", metrics=["mae"])
stop = keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True)
model.fit(
    x[:split],
    y[:split],
    batch_size=64,
    epochs=EPOCHS,
    validation_split=0.1,
    callbacks=[stop],
    verbose=2,
)

found = model.predict(x[split:], verbose=0)[:, 0]
error = np.abs(found - y[split:]).mean()
same = np.abs(x[split:, -1, 0] - y[split:]).mean()
print(f"mean error {error:.3f} degrees; if nothing changed: {same:.3f}")
print(f"ratio {error / same:.4f}")
