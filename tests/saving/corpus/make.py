"""Makes the files of one version of Keras: `python make.py FOLDER`, in an environment that has it.

Runs on Python 3.6 and up, with Keras 1, 2 and 3 and with tf.keras alone. Writes one zip archive,
named after the version: small whole models in every format that the version writes, trained for
three steps, and for each the inputs, the weights, the predictions, and the predictions after one
more step.

The archives beside this file were made with Keras 1.2.2 and 2.0.8 (TensorFlow 1.4, Python 3.6) and
2.3.1 (TensorFlow 1.15, 3.7), tf.keras of TensorFlow 2.1 (3.7) and 2.6 (3.9), Keras 2.10 (TensorFlow
2.10, 3.10), 2.12, 2.13 and 2.15 (TensorFlow of the same number, 3.11), and 3.0.5, 3.3.3, 3.6.0,
3.9.2 and 3.12.0 (JAX, 3.11).
"""

import os
import sys
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np


def find():
    """The module that is Keras here, its name and its version."""
    try:
        import keras
        from keras import layers  # noqa: F401

        version = getattr(keras, "__version__", None)
        if version:
            return keras, "keras-" + version, version
    except ImportError:
        pass
    import tensorflow as tf

    return tf.keras, "tf.keras-" + tf.__version__, tf.__version__


keras, NAME, VERSION = find()
layers = keras.layers
OLDEST = VERSION.startswith("1.") and NAME.startswith("keras")
THIRD = NAME.startswith("keras-3")
random = np.random.RandomState(0)


def floats(*shape):
    return random.normal(size=shape).astype("float32")


def mlp():
    model = keras.models.Sequential()
    model.add(layers.Dense(4, activation="tanh", input_shape=(3,)))
    model.add(layers.Dropout(0.0))
    model.add(layers.BatchNormalization())
    model.add(layers.Dense(2, activation="softmax"))
    return model, floats(6, 3)


def pictures():
    convolution = (
        layers.Convolution2D(2, 3, 3, border_mode="same", dim_ordering="tf", input_shape=(6, 6, 1))
        if OLDEST
        else layers.Conv2D(2, 3, padding="same", input_shape=(6, 6, 1))
    )
    pool = layers.MaxPooling2D((2, 2), **({"dim_ordering": "tf"} if OLDEST else {}))
    rest = [layers.Activation("relu"), pool, layers.Flatten(), layers.Dense(2)]
    model = keras.models.Sequential()
    for layer in [convolution] + rest:
        model.add(layer)
    return model, floats(6, 6, 6, 1)


def words():
    model = keras.models.Sequential()
    if THIRD:
        model.add(keras.Input((5,)))
        model.add(layers.Embedding(7, 3))
    else:
        model.add(layers.Embedding(7, 3, input_length=5))
    model.add(layers.LSTM(2, return_sequences=True))
    model.add(layers.GRU(2))
    model.add(layers.Dense(2))
    return model, random.randint(0, 7, size=(6, 5)).astype("float32")


def graph():
    a, b = layers.Input(shape=(3,), name="a"), layers.Input(shape=(2,), name="b")
    shared = layers.Dense(2, activation="relu", name="shared")
    if OLDEST:
        joined = layers.merge([shared(a), shared(layers.Dense(3)(b))], mode="concat")
        model = keras.models.Model(input=[a, b], output=layers.Dense(2)(joined))
    else:
        joined = layers.Concatenate()([shared(a), shared(layers.Dense(3)(b))])
        model = keras.models.Model(inputs=[a, b], outputs=layers.Dense(2)(joined))
    return model, [floats(6, 3), floats(6, 2)]


def attention():
    start = layers.Input(shape=(4, 4))
    y = layers.MultiHeadAttention(2, 2)(start, start)
    y = layers.LayerNormalization()(layers.Add()([start, y]))
    y = layers.GlobalAveragePooling1D()(y)
    return keras.models.Model(start, layers.Dense(2)(y)), floats(6, 4, 4)


def formats():
    """The endings of the whole-model files that this version writes."""
    if NAME.startswith("keras") and tuple(map(int, VERSION.split(".")[:2])) >= (2, 12):
        return ["h5", "keras"]
    return ["h5"]


def main(folder):
    kinds = [mlp, pictures, words, graph]
    if hasattr(layers, "MultiHeadAttention"):
        kinds.append(attention)
    target = os.path.join(folder, NAME + ".zip")
    archive = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
    with archive, tempfile.TemporaryDirectory() as work:
        for make in kinds:
            for ending in formats():
                model, x = make()
                model.compile(loss="mse", optimizer="adam")
                y = floats(6, 2)
                for _ in range(3):
                    model.train_on_batch(x, y)
                path = os.path.join(work, make.__name__ + "." + ending)
                try:
                    model.save(path)
                except ValueError as error:  # Keras 3.0 gives two weights of an LSTM one name
                    print(f"left out: {path}: {error}")
                    continue
                arrays = {f"x{i}": v for i, v in enumerate(x if type(x) is list else [x])}
                weights = [np.asarray(w) for w in model.get_weights()]
                arrays.update((f"w{i}", w) for i, w in enumerate(weights))
                arrays.update(y=y, before=np.asarray(model.predict(x)))
                model.train_on_batch(x, y)
                arrays.update(after=np.asarray(model.predict(x)))
                np.savez_compressed(path + ".npz", **arrays)
                archive.write(path, os.path.basename(path))
                archive.write(path + ".npz", os.path.basename(path) + ".npz")
    print(target, os.path.getsize(target))


if __name__ == "__main__":
    main(sys.argv[1])
