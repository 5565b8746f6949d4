"""Quantizing a model: its layers, and the examples by which GPTQ and AWQ choose the integers."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.layers.base import Layer
from hornlet.layers.quantizable import Quantizable
from hornlet.layers.weights import Changes
from hornlet.quantizers.calibration import Statistics
from hornlet.quantizers.calibration_config import CalibrationConfig


def quantize_layers(model: Any, config: Any, filters: Any, type_check: bool) -> None:
    """Quantize the innermost layers of `model` that can be and that `filters` choose."""
    chosen = _choice(filters)
    blocks = _blocks(model, config) if isinstance(config, CalibrationConfig) else None
    for layer in model._flatten_layers(include_self=False):
        if layer._layers or not chosen(layer):
            continue
        try:
            layer.quantize(config.mode, type_check=type_check, config=config)
        except NotImplementedError as error:
            warnings.warn(str(error), stacklevel=4)
    if blocks is not None:
        _calibrate(config, blocks, chosen)
    Changes.variables += 1


def _choice(filters: Any) -> Callable[[Any], bool]:
    if filters is None:
        return lambda layer: True
    if callable(filters):
        return filters
    if isinstance(filters, str):
        filters = [filters]
    if not isinstance(filters, (list, tuple)):
        raise ValueError(
            "Argument `filters` must be a regular expression for the names of layers, a list of "
            f"them, or a function of a layer. Received: filters={filters!r}"
        )
    return lambda layer: any(re.search(pattern, layer.name) for pattern in filters)


def _blocks(model: Any, config: Any) -> dict[str, Any]:
    """The layers before the first block, and the blocks one after the other."""
    if config.dataset is None or config.tokenizer is None:
        raise ValueError(
            f"Mode {config.mode!r} needs examples: give the {type(config).__name__} a `dataset` "
            "and a `tokenizer`."
        )
    blocks = config.quantization_layer_structure
    if blocks is None:
        blocks = model.get_quantization_layer_structure(config.mode)
    if not blocks or not blocks.get("sequential_blocks"):
        raise ValueError(
            f"Mode {config.mode!r} must know the model's blocks: a dictionary of "
            "'pre_block_layers' and 'sequential_blocks', as the config's "
            "`quantization_layer_structure` or from the model's method "
            f"`get_quantization_layer_structure`. Received: {blocks!r}"
        )
    return blocks


def _windows(config: Any) -> np.ndarray:
    """Sequences of token ids of shape ``(samples, length)``, spread evenly over the examples."""
    dataset, length, n = config.dataset, config.sequence_length, config.num_samples
    if not hasattr(dataset, "__iter__") or isinstance(dataset, (str, bytes)):
        raise TypeError(
            "The config's `dataset` must be an iterable of texts or of arrays of token ids. "
            f"Received: {type(dataset).__name__}"
        )
    parts = [config.tokenizer.tokenize(x) if isinstance(x, str) else x for x in dataset]
    if not parts:
        raise ValueError("The config's `dataset` is empty.")
    tokens = np.concatenate([ops.convert_to_numpy(part).reshape(-1) for part in parts])
    tokens = tokens.astype("int32")
    if not tokens.size:
        raise ValueError("The config's `dataset` holds no tokens.")
    tokens = np.tile(tokens, -(-n * length // tokens.size))
    starts = np.arange(n) * max(1, (tokens.size - length + 1) // n) % (tokens.size - length + 1)
    return np.lib.stride_tricks.sliding_window_view(tokens, length)[starts]


def _calibrate(config: Any, blocks: dict[str, Any], chosen: Callable[[Any], bool]) -> None:
    """Block by block: see the inputs of its layers, quantize them, go on with what comes out."""
    inputs = [_through(blocks.get("pre_block_layers") or (), x[None]) for x in _windows(config)]
    for block in blocks["sequential_blocks"]:
        waiting = [x for x in block._flatten_layers() if _waits(x, config.mode) and chosen(x)]
        with _watched(waiting) as seen:
            for x in inputs:
                _through([block], x)
        for layer, statistics in zip(waiting, seen):
            layer.calibrate(config, statistics)
        inputs = [_through([block], x) for x in inputs]


def _waits(layer: Any, mode: str) -> bool:
    return (
        isinstance(layer, Quantizable)
        and layer.quantization_mode == mode
        and not getattr(layer, f"is_{mode}_calibrated")
    )


def _through(layers: Any, x: Any) -> Any:
    """What comes out of the layers one after the other; the first, where several do."""
    for layer in layers:
        # A model would run a program, of which nothing is seen.
        call = Layer.__call__ if isinstance(layer, Layer) else type(layer).__call__
        x = call(layer, x)
        x = x[0] if isinstance(x, (list, tuple)) else x
    return x


@contextmanager
def _watched(layers: list) -> Iterator[list[Statistics]]:
    """A block in which the layers' inputs are counted in; gives the statistics of each."""
    seen = [Statistics(layer.calibration_size()) for layer in layers]
    for layer, statistics in zip(layers, seen):
        object.__setattr__(layer, "quantized_call", _watching(layer, statistics))
    try:
        yield seen
    finally:
        for layer in layers:
            object.__delattr__(layer, "quantized_call")


def _watching(layer: Any, statistics: Statistics) -> Callable:
    call = layer.quantized_call

    def watching(inputs: Any, *args: Any, **kwargs: Any) -> Any:
        rows = layer.calibration_inputs(inputs)
        if rows is not None:
            statistics.add(ops.convert_to_numpy(rows))
        return call(inputs, *args, **kwargs)

    return watching
