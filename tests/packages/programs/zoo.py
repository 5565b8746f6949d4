"""kimm and keras-aug: a model of a zoo learns letters, augmented by the package's own layers."""

import keras
import kimm
import numpy as np
from keras_aug import layers

from hornlet.datasets import letters

keras.utils.set_random_seed(0)
(x, y), (x_test, y_test) = letters.load_data("adeghp", size=28)
x, y, x_test, y_test = x[:1500, ..., None], y[:1500], x_test[:600, ..., None], y_test[:600]

augment = keras.Sequential([
    layers.vision.RandomAffine(5, 0.05, data_format="channels_last"),
    layers.vision.Rescale(1 / 255),
])  # fmt: skip
pictures = np.asarray(augment(x, training=True))
print("mean", round(float(pictures.mean()), 3), round(float(x.mean() / 255), 3))

model = kimm.models.LCNet035(
    input_shape=(28, 28, 1), include_preprocessing=False, classes=6, weights=None,
    classifier_activation=None,
)  # fmt: skip
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
history = model.fit(pictures, y, batch_size=50, epochs=4, verbose=0).history["accuracy"]
print(f"accuracy {history[0]:.4f} {history[-1]:.4f}")
