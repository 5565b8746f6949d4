"""Pixels as pretrained networks expect them, and their outputs as names of ImageNet's classes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from hornlet import ops
from hornlet.base.config import floatx, image_data_format
from hornlet.base.names import one_of

# A mode: whether the colours are turned from RGB to BGR, and what is divided and subtracted.
_MODES: dict[str, tuple[bool, tuple[tuple[str, Any], ...]]] = {
    "tf": (False, (("divide", 127.5), ("subtract", 1.0))),
    "torch": (
        False,
        (
            ("divide", 255.0),
            ("subtract", (0.485, 0.456, 0.406)),
            ("divide", (0.229, 0.224, 0.225)),
        ),
    ),
    "caffe": (True, (("subtract", (103.939, 116.779, 123.68)),)),
}
_RANGES = {
    "tf": "Scale pixels from 0..255 to -1..1: ``y = x / 127.5 - 1``.",
    "torch": "Scale pixels from 0..255 to 0..1 and standardize the colours by ImageNet's.",
    "caffe": "Turn RGB into BGR and take off ImageNet's mean colour; the scale stays 0..255.",
    "none": "Return `x` as it is: the model scales the pixels, 0..255, itself.",
}
_EXAMPLES = {
    "tf": "array([[[-1.,  0.,  1.]]], dtype=float32)",
    "torch": "array([[[-2.1179,  0.1964,  2.64  ]]], dtype=float32)",
    "caffe": "array([[[ 151.061,   10.721, -123.68 ]]], dtype=float32)",
    "none": "array([[[  0. , 127.5, 255. ]]], dtype=float32)",
}
CLASS_INDEX_FILE = "imagenet_class_index.json"


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Bring pixels into the range that a pretrained network was trained with.

    Args:
        x: one picture or a batch, RGB from 0 to 255. Float arrays are changed in place.
        data_format: "channels_last" or "channels_first"; by default that of the settings.
        mode: "tf" gives values from -1 to 1; "torch" standardizes each colour by ImageNet's mean
            and deviation; "caffe" turns RGB into BGR and subtracts the mean colour.

    Returns:
        an array of `x`'s dtype, of `keras.config.floatx()` for integers.

    Raises:
        ValueError: an unknown `mode` or `data_format`.

    >>> x = np.array([[[0.0, 127.5, 255.0]]])
    >>> keras.applications.imagenet_utils.preprocess_input(x, mode="tf")
    array([[[-1.,  0.,  1.]]])
    """
    reverse, steps = _MODES[one_of("mode", mode, tuple(_MODES))]
    data_format = image_data_format() if data_format is None else data_format
    one_of("data_format", data_format, ("channels_last", "channels_first"))
    if isinstance(x, np.ndarray) and not np.issubdtype(x.dtype, np.inexact):
        x = x.astype(floatx())
    rank = len(x.shape)
    axis = rank - 3 if data_format == "channels_first" else rank - 1
    if reverse:
        backwards = (slice(None),) * axis + (slice(None, None, -1),)
        x = x[backwards] if isinstance(x, np.ndarray) else ops.flip(x, axis)
    for operation, values in steps:
        if isinstance(values, tuple):
            shape = [1] * rank
            shape[axis] = len(values)
            values = np.reshape(np.array(values, "float32"), shape)
        if operation == "divide":
            x /= values
        else:
            x -= values
    return x


def preprocessing(module: str, mode: str) -> Callable[..., Any]:
    """The function `preprocess_input` of a family, in the mode its networks were trained with."""

    def preprocess(x: Any, data_format: str | None = None) -> Any:
        return x if mode == "none" else preprocess_input(x, data_format, mode)

    preprocess.__name__ = preprocess.__qualname__ = "preprocess_input"
    preprocess.__module__ = module
    preprocess.__doc__ = f"""{_RANGES[mode]}

Args:
    x: one picture or a batch, RGB from 0 to 255. Float arrays are changed in place.
    data_format: "channels_last" or "channels_first"; by default that of the settings.

>>> pixels = np.array([[[0, 127.5, 255]]], "float32")
>>> with np.printoptions(precision=4):
...     keras.applications.{module.split(".")[-1]}.preprocess_input(pixels)
{_EXAMPLES[mode]}
"""
    return preprocess


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, Any]]]:
    """Name the classes with the highest scores in the outputs of an ImageNet network.

    The names are read from `imagenet_class_index.json` in the folder `models` of Keras's home
    folder (`~/.keras`, or that of the environment variable `KERAS_HOME`), where Keras keeps it: an
    object of ``"0": ["n01440764", "tench"]`` and so on. It is not downloaded.

    Args:
        preds: scores of shape ``(batch, 1000)``.
        top: how many classes to name.

    Returns:
        for every row a list of ``(WordNet id, name, score)``, best first.

    Raises:
        ValueError: `preds` of another shape.
        FileNotFoundError: there is no such file.

    >>> keras.applications.imagenet_utils.decode_predictions(np.zeros((1, 10)))
    Traceback (most recent call last):
        ...
    ValueError: Argument `preds` must be a batch of scores ... Received: preds of shape (1, 10)
    """
    if len(preds.shape) != 2 or preds.shape[1] != 1000:
        raise ValueError(
            "Argument `preds` must be a batch of scores for ImageNet's classes, of shape "
            f"(batch, 1000). Received: preds of shape {tuple(preds.shape)}"
        )
    names = _class_index()
    scores = np.asarray(preds)
    best = np.argsort(scores, axis=1)[:, ::-1][:, :top]
    return [[(*names[str(i)], row[i]) for i in indices] for row, indices in zip(scores, best)]


def _class_index() -> dict[str, list[str]]:
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    path = os.path.join(home, "models", CLASS_INDEX_FILE)
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"The names of ImageNet's classes are read from {path}, which is not there, and are "
            "not downloaded. Put Keras's file of that name there: an object that gives every "
            'class, "0" to "999", its WordNet id and its name.'
        ) from None
