"""Good files in memory, and the ways to spoil one part of them."""

import copy
import io
import json
import os
import tempfile
import zipfile
from functools import cache

import h5py
import numpy as np

import hornlet

CONFIG, WEIGHTS = "config.json", "model.weights.h5"


def model():
    made = hornlet.Sequential(
        [
            hornlet.Input((8,), name="start"),
            hornlet.layers.Dense(6, "relu", name="first"),
            hornlet.layers.BatchNormalization(name="normal"),
            hornlet.layers.Dense(2, name="last"),
        ],
        name="seed",
    )
    made.compile("adam", "mse", metrics=["mae"])
    made.train_on_batch(np.ones((4, 8), "float32"), np.ones((4, 2), "float32"))
    return made


@cache
def members():
    """The members of a good `.keras` file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.keras")
        model().save(path)
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


def config():
    return json.loads(members()[CONFIG])


def packed(compression=zipfile.ZIP_DEFLATED, **changes):
    """A `.keras` file with members changed, added, or left out where the change is None."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in {**members(), **changes}.items():
            if data is not None:
                archive.writestr(name, data)
    return out.getvalue()


def with_config(change):
    """A `.keras` file whose config went through `change`."""
    made = config()
    made = change(made) or made
    return packed(**{CONFIG: json.dumps(made)})


def with_layer(**settings):
    """A `.keras` file whose first Dense layer has other settings."""
    return with_config(lambda c: c["config"]["layers"][1]["config"].update(settings))


def as_layer(class_name, module="keras.layers", inner=None, **more):
    """A `.keras` file with another layer in the place of the first Dense layer."""
    other = {"module": module, "class_name": class_name, "config": inner or {}}
    other.update({"registered_name": None, **more})

    def change(c):
        c["config"]["layers"][1] = other

    return with_config(change)


def weights(change=None):
    """A `.weights.h5` file whose content went through `change`."""
    out = io.BytesIO(members()[WEIGHTS])
    if change is not None:
        with h5py.File(out, "a") as h5:
            change(h5)
    return out.getvalue()


@cache
def onnx():
    """A good ONNX file."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.onnx")
        model().export(path)
        with open(path, "rb") as file:
            return file.read()


@cache
def _legacy():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.h5")
        model().save(path)
        with open(path, "rb") as file:
            return file.read()


def legacy(change=None):
    """A legacy `.h5` file whose content went through `change`."""
    out = io.BytesIO(_legacy())
    if change is not None:
        with h5py.File(out, "a") as h5:
            change(h5)
    return out.getvalue()


def functional(*layers, inputs=((8,),), outputs=None, name="graph"):
    """The config of a functional model: rows of (name, class, settings, calls)."""
    rows = []
    for i, shape in enumerate(inputs):
        inner = {"batch_shape": [None, *shape], "dtype": "float32", "name": f"in{i}"}
        rows.append(layer_row(f"in{i}", "InputLayer", inner, []))
    rows += [layer_row(*row) for row in layers]
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "registered_name": "Functional",
        "config": {
            "name": name,
            "trainable": True,
            "layers": rows,
            "input_layers": [[f"in{i}", 0, 0] for i in range(len(inputs))],
            "output_layers": outputs or [[rows[-1]["name"], 0, 0]],
        },
    }


def layer_row(name, class_name, inner, calls, module="keras.layers"):
    nodes = [{"args": [_argument(x) for x in call], "kwargs": {}} for call in calls]
    if isinstance(class_name, dict):
        return {**copy.deepcopy(class_name), "name": name, "inbound_nodes": nodes}
    return {
        "module": module, "class_name": class_name, "registered_name": None, "name": name,
        "config": {"name": name, **inner}, "inbound_nodes": nodes,
    }  # fmt: skip


def _argument(x):
    return symbol(x) if isinstance(x, str) else [symbol(*place) for place in x]


def symbol(name, node=0, output=0):
    history = {"shape": [None, 8], "dtype": "float32", "keras_history": [name, node, output]}
    return {"class_name": "__keras_tensor__", "config": history}


def around(layer, shapes):
    """The config of a model of one layer, called on inputs of these shapes, batch included."""
    places = [(f"in{i}", 0, 0) for i in range(len(shapes))]
    calls = [[[*places]]] if len(places) > 1 else [["in0"]]
    return functional(
        ("x", layer, {}, calls), inputs=tuple(shape[1:] for shape in shapes), name="around"
    )
