"""K3IM: image models that the package builds, as they come, read handwritten letters."""

import keras
from k3im.fnet import FNetModel
from k3im.simple_vit import SimpleViT

from hornlet.datasets import letters

(x, y), (x_test, y_test) = letters.load_data("adeghp", size=16)
x, x_test = (part[..., None].astype("float32") for part in (x[:3000], x_test[:1000]))
y, y_test = y[:3000], y_test[:1000]


gray = {"num_classes": 6, "aug": keras.layers.Rescaling(1 / 255)}


def fnet():
    return FNetModel(16, 4, 32, num_blocks=1, dropout_rate=0.1, num_channels=1, **gray)


def vit():
    size = {"dim": 32, "depth": 1, "heads": 4, "mlp_dim": 64, "dim_head": 8}
    return SimpleViT(16, patch_size=4, channels=1, **size, **gray)


for make in (fnet, vit):
    keras.utils.set_random_seed(0)
    model = make()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(4e-3), loss, metrics=["accuracy"])
    model.fit(x, y, batch_size=64, epochs=4, verbose=0)
    print(f"{make.__name__} {model.evaluate(x_test, y_test, verbose=0)[1]:.4f}")
