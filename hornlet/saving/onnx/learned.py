"""Operators of ONNX's domain for classical learning, as scikit-learn's models are exported."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.onnx_format import tensor_message
from hornlet.engine.emit import emit
from hornlet.saving.onnx.run import Run, operator

# Numbers that these operators hold as attributes. As inputs behind the first they can be trained.
LIFTED = {
    "LinearClassifier": ("coefficients", "intercepts"),
    "LinearRegressor": ("coefficients", "intercepts"),
    "Scaler": ("offset", "scale"),
}


def lift(graph: dict) -> None:
    """Turns the numbers that operators hold as attributes into initializers of a GraphProto."""
    for number, node in enumerate(graph.get("node", ())):
        names = LIFTED.get(node.get("op_type", ""), ())
        held = {a.get("name"): a for a in node.get("attribute", ()) if a.get("name") in names}
        if len(node.get("input", ())) != 1 or any("floats" not in a for a in held.values()):
            continue
        for name in names[: len(held)]:
            if name not in held:
                break
            array = np.ascontiguousarray(held[name]["floats"], "float32")
            label = f"{node['op_type']}_{number}_{name}"
            graph.setdefault("initializer", []).append(tensor_message(array, label))
            node["input"] = [*node["input"], label]
            node["attribute"] = [a for a in node["attribute"] if a.get("name") != name]


def _floats(values: Any) -> Any:
    """Numbers of an attribute, or an input as it is."""
    return np.array(values, "float32") if isinstance(values, (list, tuple)) else values


def _wide(x: Any) -> Any:
    """Numbers of any kind as float32."""
    return ops.cast(x, "float32")


@operator("Scaler")
def _scaler(run: Run, x: Any, offset: Any = (0.0,), scale: Any = (1.0,)) -> Any:
    return (_wide(x) - _floats(offset)) * _floats(scale)


@operator("Normalizer")
def _normalizer(run: Run, x: Any, *, norm: str = "MAX") -> Any:
    size = ops.abs(x)
    total = {
        "MAX": lambda: ops.max(size, axis=-1, keepdims=True),
        "L1": lambda: ops.sum(size, axis=-1, keepdims=True),
        "L2": lambda: ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True)),
    }[norm]()
    return x / ops.where(total == 0, ops.ones_like(total), total)


@operator("Binarizer")
def _binarizer(run: Run, x: Any, *, threshold: float = 0.0) -> Any:
    return ops.cast(x > threshold, x.dtype)


@operator("Imputer")
def _imputer(
    run: Run, x: Any, *, imputed_value_floats: Any = (), replaced_value_float: float = 0.0
) -> Any:
    missing = ops.isnan(x) if np.isnan(replaced_value_float) else x == replaced_value_float
    return ops.where(missing, _floats(imputed_value_floats), x)


@operator("FeatureVectorizer")
def _feature_vectorizer(run: Run, *xs: Any, inputdimensions: Any = None) -> Any:
    return ops.concatenate([_wide(x) for x in xs], axis=-1)


@operator("ArrayFeatureExtractor")
def _feature_extractor(run: Run, x: Any, places: Any) -> Any:
    y = ops.reshape(x, (1, -1)) if len(x.shape) == 1 else x
    indices = ops.cast(ops.reshape(places, (-1,)), "int64")
    return emit("take", y, indices, axis=len(y.shape) - 1)


_TRANSFORMS = {
    "NONE": lambda x: x,
    "SOFTMAX": lambda x: ops.softmax(x, axis=-1),
    "LOGISTIC": ops.sigmoid,
}


def _transformed(kind: str, x: Any) -> Any:
    if kind not in _TRANSFORMS:
        raise ValueError(f"post_transform {kind!r} is not supported")
    return _TRANSFORMS[kind](x)


def _linear(x: Any, w: Any, b: Any, rows: int) -> Any:
    """The scores of rows of coefficients, which lie one after the other."""
    y = ops.matmul(_wide(x), ops.transpose(ops.reshape(_floats(w), (rows, -1))))
    return y if b is None else y + _floats(b)


@operator("LinearRegressor", weights=(1, 2))
def _linear_regressor(
    run: Run, x: Any, coefficients: Any, intercepts: Any = None, *, post_transform: str = "NONE",
    targets: int = 1,
) -> Any:  # fmt: skip
    return _transformed(post_transform, _linear(x, coefficients, intercepts, targets))


@operator("LinearClassifier", weights=(1, 2))
def _linear_classifier(
    run: Run, x: Any, coefficients: Any, intercepts: Any = None, *, multi_class: int = 0,
    post_transform: str = "NONE", classlabels_ints: Any = None, classlabels_strings: Any = None,
) -> tuple:  # fmt: skip
    """Labels and scores; labels that are texts are given as their places in the list."""
    names = classlabels_ints if classlabels_ints else list(range(len(classlabels_strings or ())))
    rows = max(1, len(names)) if intercepts is None else _floats(intercepts).shape[0]
    y = _linear(x, coefficients, intercepts, rows)
    if rows == 1 and len(names) == 2:
        other = 1 - ops.sigmoid(y) if post_transform == "LOGISTIC" else -y
        scores = ops.concatenate([other, _transformed(post_transform, y)], axis=-1)
        place = ops.cast(y[..., 0] > 0, "int64")
    else:
        scores = _transformed(post_transform, y)
        place = emit("argmax", y, axis=len(y.shape) - 1, keepdims=False)
    labels = emit("take", run.constant(np.array(names, "int64")), place, axis=0)
    return labels, scores


@operator("ZipMap")
def _zip_map(run: Run, x: Any, **_: Any) -> Any:
    """The scores as they are: what pairs them with labels is no tensor."""
    return x


@operator("LabelEncoder")
def _label_encoder(run: Run, x: Any, **given: Any) -> Any:
    """A look-up from numbers to numbers."""
    keys = given.get("keys_int64s", given.get("keys_floats"))
    values = given.get("values_int64s", given.get("values_floats"))
    if keys is None or values is None or len(keys) != len(values):
        raise ValueError("only look-ups from numbers to numbers are supported")
    whole = "values_int64s" in given
    otherwise = given.get("default_int64", -1) if whole else given.get("default_float", -0.0)
    equal = ops.equal(ops.expand_dims(x, -1), run.constant(np.array(keys)))
    table = run.constant(np.array(values, "int64" if whole else "float32"))
    found = ops.any(equal, axis=-1)
    place = emit("argmax", ops.cast(equal, "int32"), axis=len(x.shape), keepdims=False)
    return ops.where(found, emit("take", table, place, axis=0),
                     run.constant(np.array(otherwise, table.dtype)))  # fmt: skip
