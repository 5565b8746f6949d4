"""Keras MDN layer: an arc sine has two answers, and a mixture finds both; a mean finds neither."""

import sys

import keras
import keras_mdn_layer as mdn
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
y = rng.uniform(-1, 1, (2000, 1)).astype("float32")
x = np.square(y) + rng.normal(0, 0.01, y.shape).astype("float32")

model = keras.Sequential(
    [keras.Input((1,)), keras.layers.Dense(24, activation="tanh"), mdn.MDN(1, 2)]
)
model.compile(keras.optimizers.Adam(1e-2), loss=mdn.get_mixture_loss_func(1, 2))
losses = model.fit(x, y, batch_size=64, epochs=25, verbose=0).history["loss"]
print(f"first {losses[0]:.4f}")
print(f"last {losses[-1]:.4f}")

sample = mdn.get_mixture_sampling_fun(1, 2)
asked = np.full((500, 1), 0.49, "float32")
answers = np.asarray(sample(model.predict(asked, verbose=0)))[:, 0]
near = np.abs(np.abs(answers) - 0.7) < 0.15
print(f"near {near.mean():.4f}")
print(f"positive {np.mean(answers > 0):.4f}")

model.save(sys.argv[1])
again = keras.models.load_model(sys.argv[1], custom_objects={"MDN": mdn.MDN}, compile=False)
print(f"saved {np.allclose(again.predict(x, verbose=0), model.predict(x, verbose=0)):d}")
