"""A generative adversarial network with its own train_step learns to draw points on a ring.

    python -m hornlet run examples/gan.py [epochs]

The gradients are taken with `keras.GradientTape`, which is hornlet's; the rest is plain Keras.
"""

import sys

import keras
import numpy as np
from keras import layers, ops

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 30
LATENT = 4


def ring(n, rng):
    """Points near the circle of radius one."""
    angle = rng.uniform(0, 2 * np.pi, n)
    radius = rng.normal(1, 0.05, n)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).astype("float32")


class GAN(keras.Model):
    """Two networks against each other: one draws, one judges."""

    def __init__(self, generator, discriminator):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.seed_generator = keras.random.SeedGenerator(1)
        self.d_loss = keras.metrics.Mean(name="d_loss")
        self.g_loss = keras.metrics.Mean(name="g_loss")

    def compile(self, d_optimizer, g_optimizer, loss):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.judge = d_optimizer, g_optimizer, loss

    @property
    def metrics(self):
        return [self.d_loss, self.g_loss]

    def train_step(self, real):
        n = ops.shape(real)[0]
        yes, no = ops.ones((n, 1)), ops.zeros((n, 1))

        drawn = self.generator(keras.random.normal((n, LATENT), seed=self.seed_generator))
        with keras.GradientTape() as tape:
            on_real = self.discriminator(real, training=True)
            on_drawn = self.discriminator(drawn, training=True)
            d_loss = self.judge(0.9 * yes, on_real) + self.judge(no, on_drawn)
        weights = self.discriminator.trainable_variables
        self.d_optimizer.apply(tape.gradient(d_loss, weights), weights)

        noise = keras.random.normal((n, LATENT), seed=self.seed_generator)
        with keras.GradientTape() as tape:
            g_loss = self.judge(yes, self.discriminator(self.generator(noise, training=True)))
        weights = self.generator.trainable_variables
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)

        self.d_loss.update_state(d_loss)
        self.g_loss.update_state(g_loss)
        return {m.name: m.result() for m in self.metrics}


def network(inputs, outputs, name):
    hidden = [layers.Dense(64, activation="leaky_relu") for _ in range(2)]
    return keras.Sequential([keras.Input((inputs,)), *hidden, layers.Dense(outputs)], name=name)


keras.utils.set_random_seed(0)
gan = GAN(network(LATENT, 2, "generator"), network(2, 1, "discriminator"))
gan.compile(
    d_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    g_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
)
gan.fit(ring(8192, np.random.default_rng(0)), batch_size=128, epochs=EPOCHS, verbose=2)

drawn = gan.generator.predict(np.random.default_rng(1).normal(size=(2000, LATENT)), verbose=0)
radius, angle = np.hypot(*drawn.T), np.arctan2(*drawn.T)
sectors = np.histogram(angle[np.abs(radius - 1) < 0.25], bins=12, range=(-np.pi, np.pi))[0]
print(f"on the ring {np.mean(np.abs(radius - 1) < 0.25):.4f}")
print(f"sectors {(sectors >= 20).sum()}")
