"""A convolutional autoencoder that takes noise off pictures of letters.

    python -m hornlet run examples/denoising_autoencoder.py [epochs]

`import keras` may also be the real Keras; the pictures come with hornlet.
"""

import sys

import keras
import numpy as np
from keras import layers

from hornlet.datasets import letters

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 5

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
(train, _), (test, _) = letters.load_data("adeghp", size=16)
train, test = (x[..., None].astype("float32") / 255 for x in (train[:6000], test[:1000]))


def noisy(x):
    """The pictures with every point shifted at random."""
    return np.clip(x + rng.normal(0, 0.4, x.shape), 0, 1).astype("float32")


encoder = keras.Sequential(
    [
        keras.Input(shape=(16, 16, 1)),
        layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(24, 3, strides=2, padding="same", activation="relu"),
    ],
    name="encoder",
)
decoder = keras.Sequential(
    [
        keras.Input(shape=(4, 4, 24)),
        layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    ],
    name="decoder",
)
picture = keras.Input(shape=(16, 16, 1))
autoencoder = keras.Model(picture, decoder(encoder(picture)), name="autoencoder")
autoencoder.compile(keras.optimizers.Adam(3e-3), loss="binary_crossentropy")
autoencoder.fit(noisy(train), train, batch_size=64, epochs=EPOCHS, shuffle=True, verbose=2)

spoiled = noisy(test)
cleaned = autoencoder.predict(spoiled, verbose=0)
for shown in zip(test[0, ..., 0], spoiled[0, ..., 0], cleaned[0, ..., 0]):
    print("   ".join("".join(" .:*#"[int(4.99 * point)] for point in row) for row in shown))
before, after = (np.square(x - test).mean() for x in (spoiled, cleaned))
print(f"squared error {before:.4f} with noise, {after:.4f} without")
print(f"ratio {after / before:.4f}")
