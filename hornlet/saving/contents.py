"""What is in a file, told without building anything from it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

from hornlet.base import registry
from hornlet.base.names import to_snake_case
from hornlet.base.onnx_format import tensor_array
from hornlet.base.trust import check_config
from hornlet.engine.front import FUNCTIONS
from hornlet.saving import archive, legacy, tensors
from hornlet.saving.api import read_groups
from hornlet.saving.config import LARGEST, parse_json
from hornlet.saving.onnx.model import read_file
from hornlet.saving.onnx.run import OPERATORS


def describe(path: str) -> str:
    """Layers, arrays, sizes, and the names that are not the library's, as lines of text."""
    lines = [f"{path}: {os.path.getsize(path):,} bytes"]
    if path.endswith(".onnx"):
        operators, arrays = _of_onnx(path)
        config = None
        lines += operators
    else:
        config, arrays = _parts(path)
    if config is not None:
        check_config(config)
        lines += ["layers:", *(f"  {line}" for line in _layers(config))]
        unknown = sorted(set(_unknown(config)))
        lines.append(f"needs by custom_objects: {', '.join(unknown) or 'nothing'}")
    n = sum(size for _, _, size in arrays)
    lines.append(f"arrays: {len(arrays):,}, of {n:,} numbers")
    lines += [f"  {name}: {kind}" for name, kind, _ in arrays]
    return "\n".join(lines)


def _parts(path: str) -> tuple[Any, list[tuple[str, str, int]]]:
    """The config, if there is one, and (name, dtype and shape, size) of the arrays."""
    if path.endswith(".keras") or os.path.isdir(path):
        with archive.opened(path) as file:
            config = parse_json(file.read(archive.CONFIG, LARGEST), path, archive.CONFIG)
        return config, _of_groups(read_groups(path))
    if path.endswith((".weights.h5", ".weights.json")):
        return None, _of_groups(read_groups(path))
    if path.endswith(tensors.ENDING):
        return None, [_row(name, array) for name, array in tensors.read_tensors(path).items()]
    if path.endswith((".h5", ".hdf5")):
        file = legacy.LegacyFile(path)
        rows = [(f"{n}/{i}", a) for n, group in file.layers for i, a in enumerate(group)]
        config = None if file.model_config is None else file.model()
        return config, [_row(name, array) for name, array in rows]
    raise ValueError(
        f"File format not supported: {path}. Expected .keras, .h5, .weights.h5, .weights.json, "
        ".safetensors, .onnx or a folder written with `zipped=False`."
    )


def _of_onnx(path: str) -> tuple[list[str], list[tuple[str, str, int]]]:
    """How often each operator stands in the graph, which ones are not read, and the arrays."""
    graph = read_file(path)["graph"]
    found = Counter(node.get("op_type", "") for node in graph.get("node", ()))
    unknown = sorted(op for op in found if op not in OPERATORS)
    lines = ["operators:", *(f"  {op}: {n:,}" for op, n in sorted(found.items()))]
    lines.append(f"operators that are not read: {', '.join(unknown) or 'none'}")
    parts = ((t.get("name", ""), t) for t in graph.get("initializer", ()))
    return lines, [_row(name, tensor_array(t, path, name)) for name, t in parts]


def _of_groups(groups: dict) -> list[tuple[str, str, int]]:
    return [_row(f"{p}/{n}".lstrip("/"), a) for p, g in groups.items() for n, a in g.items()]


def _row(name: str, array: Any) -> tuple[str, str, int]:
    return name, f"{array.dtype} {array.shape}", array.size


def _layers(config: Any, depth: int = 0) -> Iterator[str]:
    if not isinstance(config, dict):
        return
    inner = config.get("config")
    inner = inner if isinstance(inner, dict) else {}
    name = inner.get("name", config.get("name", ""))
    yield f"{'  ' * depth}{config.get('class_name')} {name!r}"
    layers = inner.get("layers")
    for layer in layers if isinstance(layers, list) else ():
        yield from _layers(layer, depth + 1)


def _unknown(value: Any) -> Iterator[str]:
    """Names of classes and functions in a config that the library does not have."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _unknown(item)
    elif isinstance(value, dict):
        name, module = value.get("class_name"), value.get("module")
        if isinstance(name, str) and "config" in value:
            if name == "__lambda__":
                yield "a Python lambda, stored as code, which is never run"
            elif name == "function":
                if not _has_function(value["config"]):
                    yield str(value.get("registered_name") or value["config"])
            elif not name.startswith("__") and not _has_class(name, module):
                yield str(value.get("registered_name") or name)
        for item in value.values():
            yield from _unknown(item)


def _has_class(name: str, module: Any) -> bool:
    if isinstance(module, str) and module.startswith("keras.src.ops."):
        return to_snake_case(name) in FUNCTIONS
    places = [module] if isinstance(module, str) else registry.all_modules()
    return any(registry.lookup(place, name) is not None for place in places)


def _has_function(name: Any) -> bool:
    return isinstance(name, str) and any(
        registry.spelled(place, name) is not None for place in registry.all_modules()
    )
