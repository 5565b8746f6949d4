"""NumPy programs: they need NumPy alone, and predict what the model does."""

import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

import hornlet
from hornlet import layers, ops
from hornlet.engine.primitive import PRIMITIVES
from hornlet.export.numpy_rows import ROWS
from tests.export.test_models import Computes, cnn, drawn, started
from tests.layers.cases import CASES

# Runs a program isolated from the environment; imports of anything but NumPy and the standard
# library fail.
RUN = """
import sys
folder, count = sys.argv[1], int(sys.argv[2])
import numpy as np

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in (*sys.stdlib_module_names, "numpy", "predict"):
            raise ImportError(f"{name} is not NumPy")

sys.meta_path.insert(0, Nothing())
sys.path.insert(0, folder)
from predict import predict

for i in range(count):
    with np.load(f"{folder}/x{i}.npz") as file:
        y = predict(*[file[key] for key in sorted(file.files)])
    np.savez(f"{folder}/y{i}.npz", *(y if isinstance(y, tuple) else (y,)))
"""


def run(folder, batches):
    """What the program in `folder` predicts for each list of arrays."""
    for i, arrays in enumerate(batches):
        np.savez(folder / f"x{i}.npz", **{f"x{k}": x for k, x in enumerate(arrays)})
    command = [sys.executable, "-I", "-c", RUN, str(folder), str(len(batches))]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    found = []
    for i in range(len(batches)):
        with np.load(folder / f"y{i}.npz") as file:
            found.append([file[f"arr_{k}"] for k in range(len(file.files))])
    return found


def called(function):
    """The `predict` of a program, in this process."""
    names = {"__file__": str(function / "predict.py"), "__name__": "predict"}
    exec(compile((function / "predict.py").read_text(), names["__file__"], "exec"), names)
    return names["predict"]


def everything():
    """A network of all the layers that the format is for."""
    x = hornlet.Input((None, None, 2), name="image")
    y = layers.Conv2D(4, 3, 2, "same", activation="relu")(x)
    y = layers.BatchNormalization()(y)
    y = layers.Conv2D(4, 2, dilation_rate=2, groups=2, activation="gelu")(y)
    y = layers.MaxPooling2D(2, 1, "same")(layers.DepthwiseConv2D(2)(y))
    y = layers.Concatenate()([y, layers.AveragePooling2D(3, 1, "same")(y)])
    y = layers.Conv2DTranspose(3, 2, 2)(layers.ZeroPadding2D(1)(y))
    y = layers.GlobalMaxPooling2D()(layers.Cropping2D(1)(y))
    one = layers.Dense(3, "softmax", name="kind")(layers.LayerNormalization()(y))
    two = layers.Dense(1, "softplus", name="size")(layers.Dropout(0.5)(y))
    return hornlet.Model(x, [one, two], name="everything")


@pytest.mark.parametrize(
    ("make", "batches"),
    [
        (cnn, [[drawn(3, 12, 10, 3)], [drawn(1, 12, 10, 3)]]),
        (lambda: hornlet.Sequential([
            hornlet.Input((4,)), layers.Dense(5, "elu"), layers.Dense(2, "sigmoid")
        ]), [[drawn(3, 4)]]),
    ],
)  # fmt: skip
def test_a_program_needs_numpy_alone(make, batches, tmp_path):
    model = started(make())
    model.export(tmp_path, format="numpy")
    assert sorted(os.listdir(tmp_path)) == ["predict.py", "weights.npz"]
    for (y,), arrays in zip(run(tmp_path, batches), batches):
        own = model.predict(arrays[0], verbose=0)
        assert y.dtype == own.dtype
        np.testing.assert_allclose(y, own, rtol=1e-6, atol=1e-6)


def test_sizes_stay_open_where_the_padding_can_be_computed(tmp_path):
    x = hornlet.Input((None, None, 2))
    y = layers.Conv2D(3, 3, 2, "same", activation="relu")(x)
    model = started(hornlet.Model(x, layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(y))))
    model.export(tmp_path, format="numpy")
    assert '"same"' in (tmp_path / "predict.py").read_text()
    predict = called(tmp_path)
    for x in (drawn(2, 8, 8, 2), drawn(1, 9, 11, 2)):
        np.testing.assert_allclose(predict(x), model.predict(x, verbose=0), rtol=1e-5, atol=1e-6)


def test_a_program_reads_well(tmp_path):
    model = started(everything())
    model.export(
        tmp_path, format="numpy",
        input_signature=[hornlet.InputSpec(shape=(None, 9, 8, 2), name="image")],
    )  # fmt: skip
    text = (tmp_path / "predict.py").read_text()
    assert "def predict(image):" in text and "# kind" in text and "(batch, 9, 8, 2)" in text
    assert max(map(len, text.splitlines())) <= 110
    x = drawn(2, 9, 8, 2)
    for y, own in zip(called(tmp_path)(x), model.predict(x, verbose=0)):
        np.testing.assert_allclose(y, own, rtol=1e-5, atol=1e-6)
    with np.load(tmp_path / "weights.npz") as file:
        assert {w.path for w in model.weights if w.dtype == "float32"} <= set(file.files)
        assert not any(array.dtype == object for array in file.values())


WANTED = ["Dense", "ReLU", "LeakyReLU", "PReLU", "ELU", "Softmax", "Conv1D", "Conv2D", "Conv3D",
          "Conv1DTranspose", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D",
          "MaxPooling1D", "MaxPooling2D", "AveragePooling2D", "GlobalMaxPooling2D",
          "GlobalAveragePooling1D", "BatchNormalization", "LayerNormalization",
          "GroupNormalization", "UnitNormalization", "Reshape", "Flatten", "Permute",
          "RepeatVector", "Cropping2D", "ZeroPadding2D", "UpSampling2D", "Add", "Subtract",
          "Multiply", "Average", "Maximum", "Concatenate", "Dot", "Rescaling", "Normalization",
          "Embedding", "EinsumDense", "Attention", "Activation", "Dropout"]  # fmt: skip
SIMPLE = [c for c in CASES if c.name in WANTED and not c.mask and not c.call and not c.spread]


def test_every_layer_for_such_networks_has_a_case():
    assert {case.name for case in SIMPLE} == set(WANTED)


@pytest.mark.parametrize("case", SIMPLE, ids=repr)
def test_a_layer_computes_the_same_in_numpy(case, tmp_path):
    several = isinstance(case.inputs, list)
    dtype = "int32" if case.integers else "float32"
    inputs = [
        hornlet.Input(s[1:], dtype=dtype) for s in (case.inputs if several else [case.inputs])
    ]
    made = case.make(hornlet.layers)
    model = started(hornlet.Model(inputs, made(inputs if several else inputs[0])))
    model.export(tmp_path, format="numpy")
    xs = case.args("float32")
    xs = xs if several else [xs]
    predict = called(tmp_path)
    for arrays in (xs, [np.concatenate([x, x[:1]]) for x in xs]):
        y = predict(*arrays)
        own = np.asarray(model(arrays, training=False))
        assert y.dtype == own.dtype
        np.testing.assert_allclose(y, own, rtol=2e-6, atol=2e-6)


def test_operators_bind_as_they_did(tmp_path):
    def formula(x):
        y = (x - (x + 1) * 2) / (3 - x / (x - 9)) - -((x**2) ** 3) * (1 - (x - (2 - x)))
        return ops.where(ops.logical_and(y > x, (x == 0) == (y < 1)), -(-y), 1 / (1 / (x + 9)))

    model = Computes(formula)
    x = drawn(4, 3)
    own = model(x)
    model.export(tmp_path, format="numpy")
    np.testing.assert_allclose(called(tmp_path)(x), own, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("layer", [layers.LSTM(3), layers.Lambda(lambda x: ops.sort(x))])
def test_what_has_no_row_is_refused_by_name(layer, tmp_path):
    model = hornlet.Sequential([hornlet.Input((5, 4)), layer])
    with pytest.raises(ValueError, match="`(scan|sort)` cannot be written to NumPy.*onnx"):
        model.export(tmp_path / "new", format="numpy")
    assert not os.listdir(tmp_path)


def test_names_are_made_into_identifiers(tmp_path):
    inputs = [hornlet.Input((2,), name=name) for name in ("a-b", "np", "class")]
    model = hornlet.Model(inputs, layers.Add()(inputs), name='q"uo\\te"""')
    model.export(tmp_path, format="numpy")
    (line,) = re.findall(r"def predict\((.*)\):", (tmp_path / "predict.py").read_text())
    assert all(name.isidentifier() for name in line.split(", "))
    xs = [drawn(3, 2)] * 3
    np.testing.assert_allclose(called(tmp_path)(*xs), 3 * xs[0], rtol=1e-6)


def test_names_run_no_code(tmp_path):
    evil = 'a"]; boom\nboom #'
    model = hornlet.Sequential([hornlet.Input((2,)), layers.Dense(1, name=evil)], name=evil)
    model.export(tmp_path, format="numpy")
    x = drawn(3, 2)
    np.testing.assert_allclose(called(tmp_path)(x), model(x), rtol=1e-6)


def test_the_page_shows_what_is_written(tmp_path):
    model = hornlet.Sequential([
        hornlet.Input((28, 28, 1), name="image"),
        layers.Conv2D(8, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(10, "softmax"),
    ], name="digits")  # fmt: skip
    for layer, name in zip(model.layers, ("conv2d", "pool", "flat", "dense")):
        for weight in layer.weights:
            weight._path = f"digits/{name}/{weight.name}"
    model.export(tmp_path, format="numpy")
    text = (tmp_path / "predict.py").read_text()
    page = pathlib.Path(__file__).parents[2] / "docs" / "export.md"
    assert text[text.index("def predict") :] in page.read_text()


def test_rows_are_of_primitives():
    assert set(ROWS) <= set(PRIMITIVES)
