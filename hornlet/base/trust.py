"""What a config of unknown origin may hold, checked whole before anything is built from it.

The limits hold inside `Loading`, that is while a file, a JSON text or a config is being read; what
a program asks for directly is its own affair.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

DEEPEST = 200
MOST_LAYERS, MOST_CALLS, MOST_OBJECTS = 5_000, 8_000, 200_000
LONGEST_NAME = 1_000
# A tensor of a model may have this many elements, unknown dimensions counted as one.
MOST_ELEMENTS = 1 << 31
LARGEST_SIZE = 1 << 22
# Fields whose every unit is a step of work.
_STEPS, _MOST_STEPS = ("output_size", "power_iterations"), 1 << 12
# Fields that say how large something is that no stored weight bears witness to.
SIZES = frozenset((
    "n", "N", "M", "num", "size", "padding", "cropping", "pool_size", "strides", "kernel_size",
    "dilation_rate", "output_size", "output_padding", "height", "width", "target_shape", "shape",
    "newshape", "repeats", "num_classes", "num_tokens", "pad_width", "minlength", "length",
    "output_sequence_length", "max_number", "fft_length", "sequence_length", "sequence_stride",
    "num_mel_bins", "power_iterations", "num_thresholds", "tile_grid_size", "frame_step",
    "frame_length",
))  # fmt: skip

# Operations of model graphs that may be run while one load infers shapes: models that call models
# twice that call models twice would else take time without bounds.
MOST_RUNS = 20_000


class ConfigError(ValueError, TypeError):
    """A config names something unknown or holds something impossible."""


class _Load:
    """One load: whether it is safe, how many operations it has run, whether it reads assets."""

    def __init__(self, safe_mode: bool):
        self.safe_mode = safe_mode
        self.runs = 0
        self.hands_out_assets = False


_loading: ContextVar[_Load | None] = ContextVar("loading", default=None)


class Loading:
    """A file or a config is being read; the outermost says whether `safe_mode` is on."""

    def __init__(self, safe_mode: bool = True):
        self._safe_mode = bool(safe_mode)

    def __enter__(self) -> Loading:
        load = _loading.get()
        self._around = load
        if load is None:
            self._token: Any = _loading.set(_Load(self._safe_mode))
        else:
            self._handed_out, load.hands_out_assets = load.hands_out_assets, False
        return self

    def __exit__(self, *_: Any) -> None:
        if self._around is not None:
            self._around.hands_out_assets = self._handed_out
        else:
            _loading.reset(self._token)


def is_loading() -> bool:
    """Whether something of unknown origin is being read."""
    return _loading.get() is not None


def reads_other_files() -> bool:
    """Whether this load was told `safe_mode=False`, so that a config may name other files."""
    load = _loading.get()
    return load is not None and not load.safe_mode


@contextmanager
def handing_out_assets() -> Iterator[None]:
    """While parts of a model are told to read their own files, which the archive held."""
    load = _loading.get()
    if load is None:
        yield
        return
    load.hands_out_assets = True
    try:
        yield
    finally:
        load.hands_out_assets = False


def in_safe_mode() -> bool | None:
    """Keras's question behind its public names: whether a config that is read is to be safe.

    None outside of loads, and once the config has become a model: a part's `load_assets` may then
    read the files that are its own by the methods that a config may not call.
    """
    load = _loading.get()
    return None if load is None or load.hands_out_assets else load.safe_mode


def count_runs(n: int) -> None:
    """Raises ConfigError, while loading, if `n` more operations are more than one load may run."""
    load = _loading.get()
    if load is not None:
        load.runs += n
        if load.runs > MOST_RUNS:
            raise ConfigError(
                f"finding the model's shapes takes more than {MOST_RUNS:,} calls of layers; models "
                "nested in models may be called at other shapes so often only"
            )


def check_shape(shape: tuple) -> None:
    """Raises ConfigError, while loading, for the shape of a tensor beyond all measure."""
    if _loading.get() is None:
        return
    if math.prod(dim for dim in shape if dim is not None) > MOST_ELEMENTS:
        raise ConfigError(
            f"a tensor of shape {shown(shape)} has more than {MOST_ELEMENTS:,} elements"
        )
    if len(shape) > 32:
        raise ConfigError(f"a tensor has {len(shape)} axes; at most 32 are read")


def shown(value: Any, limit: int = 200) -> str:
    """A value for an error message, of a length that can be read."""
    text = repr(value) if not isinstance(value, (dict, list, str)) or len(value) < 1000 else (
        f"{type(value).__name__} of {len(value):,} items"
    )  # fmt: skip
    return text if len(text) <= limit else f"{text[:limit]}..."


def check_config(config: Any) -> None:
    """Raises ConfigError unless depth, counts, names and numbers of a config are within limits."""
    counts = {"layers": 0, "inbound_nodes": 0, "class_name": 0}
    # Fields of users' own classes mean what they like; `own` marks the library's.
    waiting: list[tuple[Any, str, int, bool]] = [(config, "", 0, True)]
    while waiting:
        value, field, depth, own = waiting.pop()
        if depth > DEEPEST:
            raise ConfigError(f"The config is nested more than {DEEPEST} deep.")
        if isinstance(value, dict):
            if "class_name" in value:
                counts["class_name"] += 1
                module = value.get("module")
                own = module is None or str(module).startswith("keras")
            for key, inner in value.items():
                if isinstance(inner, (list, tuple)) and key in counts:
                    counts[key] += len(inner)
                waiting.append((inner, str(key), depth + 1, own))
            _check_counts(counts)
        elif isinstance(value, (list, tuple)):
            waiting.extend((inner, field, depth + 1, own) for inner in value)
        elif isinstance(value, (str, int, float)):
            _check_plain(value, field, own)


def _check_counts(counts: dict[str, int]) -> None:
    for key, most in (("layers", MOST_LAYERS), ("inbound_nodes", MOST_CALLS)):
        if counts[key] > most:
            raise ConfigError(f"The config has {counts[key]:,} {key}; at most {most:,} are read.")
    if counts["class_name"] > MOST_OBJECTS:
        raise ConfigError(f"The config has more than {MOST_OBJECTS:,} objects.")


def _check_plain(value: Any, field: str, own: bool) -> None:
    if isinstance(value, bool):
        return
    if isinstance(value, str):
        if field in ("name", "class_name", "registered_name", "module") and (
            len(value) > LONGEST_NAME
        ):
            raise ConfigError(
                f"`{field}` has {len(value):,} characters; at most {LONGEST_NAME:,} are read."
            )
    elif isinstance(value, int) and not -(1 << 63) <= value < 1 << 64:
        raise ConfigError(f"`{field}` is an integer of {value.bit_length()} bits; 64 are read.")
    elif own and field in SIZES:
        most = _MOST_STEPS if field in _STEPS else LARGEST_SIZE
        if abs(value) > most:
            raise ConfigError(
                f"`{field}` must be a size of at most {most:,}. Received: {shown(value)}"
            )
