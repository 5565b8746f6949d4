"""A siamese network with a contrastive loss: are two pictures the same letter?

    python -m hornlet run examples/siamese_network.py [epochs]

`import keras` may also be the real Keras; the pictures come with hornlet.
"""

import sys

import keras
import numpy as np
from keras import layers, ops

from hornlet.datasets import letters

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 8


def pairs(x, y, n, rng):
    """`n` pairs of pictures, half of them of one letter, and 1 where the letters differ."""
    first = rng.integers(0, len(x), n)
    rows = [np.flatnonzero(y == letter) for letter in range(y.max() + 1)]
    differ = rng.random(n) < 0.5
    other = (y[first] + differ * rng.integers(1, len(rows), n)) % len(rows)
    second = np.array([rng.choice(rows[letter]) for letter in other])
    return [x[first], x[second]], differ.astype("float32")


@keras.saving.register_keras_serializable("examples")
class Distance(layers.Layer):
    """The Euclidean distance of two vectors."""

    def call(self, inputs):
        a, b = inputs
        squares = ops.sum(ops.square(a - b), axis=-1, keepdims=True)
        return ops.sqrt(ops.maximum(squares, keras.config.epsilon()))


def contrastive_loss(differ, distance, margin=1.0):
    """Pulls pictures of one letter together, and those of two apart up to the margin."""
    apart = ops.square(ops.maximum(margin - distance, 0))
    return ops.mean((1 - differ) * ops.square(distance) + differ * apart)


keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
(x_train, y_train), (x_test, y_test) = letters.load_data("adeghp", size=16)
x_train, x_test = (x[..., None].astype("float32") / 255 for x in (x_train, x_test))
y_train, y_test = y_train.astype(int), y_test.astype(int)
train, test = pairs(x_train, y_train, 6000, rng), pairs(x_test, y_test, 1000, rng)

encoder = keras.Sequential(
    [
        keras.Input(shape=(16, 16, 1)),
        layers.Conv2D(16, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(16),
    ]
)
left, right = keras.Input(shape=(16, 16, 1)), keras.Input(shape=(16, 16, 1))
distance = Distance()([encoder(left), encoder(right)])
siamese = keras.Model([left, right], distance)
right_when_split = keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.5)
siamese.compile(keras.optimizers.Adam(2e-3), contrastive_loss, metrics=[right_when_split])
siamese.fit(*train, batch_size=64, epochs=EPOCHS, validation_split=0.1, verbose=2)

loss, accuracy = siamese.evaluate(*test, verbose=0)
print(f"loss {loss:.4f}")
print(f"accuracy {accuracy:.4f}")
