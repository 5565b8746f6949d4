"""Configs of Keras 1, Keras 2 and tf.keras, rewritten as those of Keras 3."""

from __future__ import annotations

from typing import Any

from hornlet.base.trust import ConfigError

MODELS = ("Functional", "Model", "Sequential")
# What arguments were called in Keras 1.
_RENAMED = {
    "output_dim": "units", "nb_filter": "filters", "filter_length": "kernel_size",
    "subsample_length": "strides", "pool_length": "pool_size", "subsample": "strides",
    "border_mode": "padding", "bias": "use_bias", "init": "kernel_initializer",
    "inner_init": "recurrent_initializer", "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer", "b_regularizer": "bias_regularizer",
    "U_regularizer": "recurrent_regularizer", "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint", "dropout_W": "dropout", "dropout_U": "recurrent_dropout",
    "p": "rate", "mode": None, "stride": "strides", "sigma": "stddev",
}  # fmt: skip
# Settings of older versions that say how to compute, not what.
_DROPPED = frozenset((
    "time_major", "implementation", "consume_less", "renorm", "fused", "virtual_batch_size",
    "input_dtype", "gamma_init", "beta_init", "running_mean", "running_std",
    "query_shape", "key_shape", "value_shape",  # of MultiHeadAttention: its call says them
    "module", "function_type", "output_shape_type", "output_shape_module", "inbound_nodes",
))  # fmt: skip
_MERGES = {
    "concat": "Concatenate", "sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum",
}  # fmt: skip
_EMBEDDING = {
    "init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer",
    "W_constraint": "embeddings_constraint",
}  # fmt: skip
_UNEMBEDDED = ("activity_regularizer", "dropout", "input_length", "weights")
_INITIALIZERS = {"glorot_uniform": "GlorotUniform", "zero": "Zeros", "one": "Ones"}


def modern(config: Any) -> dict[str, Any]:
    """The config of a model or a layer in the form of Keras 3."""
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise ConfigError("the model's config is no object of a class and its config")
    name, inner = config["class_name"], config.get("config")
    if name in MODELS:
        return _model(config, name, inner)
    if not isinstance(inner, dict):
        raise ConfigError(f"the config of {name} is not an object")
    made = {k: v for k, v in config.items() if k not in ("inbound_nodes", "config")}
    made["config"] = _layer(name, inner)
    if "module" not in made:
        made["class_name"], made["config"] = _renamed(name, made["config"])
    return made


def _model(config: dict[str, Any], name: str, inner: Any) -> dict[str, Any]:
    if isinstance(inner, list):  # a Sequential of Keras 1 and early Keras 2
        inner = {"name": "sequential", "layers": inner}
    if not isinstance(inner, dict) or not isinstance(inner.get("layers"), list):
        raise ConfigError(f"the config of a {name} has no list of layers")
    inner = dict(inner)
    inner.setdefault("name", name.lower())
    nested = {
        layer.get("name") or _inner_name(layer)
        for layer in inner["layers"]
        if isinstance(layer, dict) and layer.get("class_name") in MODELS
    }
    layers = []
    for layer in inner["layers"]:
        made = modern(layer)
        if name != "Sequential":
            made["name"] = layer.get("name") or made["config"].get("name")
            nodes = layer.get("inbound_nodes") or []
            if not isinstance(nodes, list):
                raise ConfigError(f"the nodes of layer {made['name']} are no list")
            made["inbound_nodes"] = [_node(node, nested) for node in nodes]
        layers.append(made)
    if name == "Sequential" and layers and not _begins(layers[0]):
        shape = _first_shape(inner["layers"][0])
        if shape is not None:
            layers.insert(0, {"class_name": "InputLayer", "config": {"batch_shape": shape}})
    inner["layers"] = layers
    if isinstance(inner.get("dtype"), dict):
        inner.pop("dtype")
    return {
        "module": "keras", "registered_name": None, "config": inner,
        "class_name": "Sequential" if name == "Sequential" else "Functional",
    }  # fmt: skip


def _begins(layer: dict[str, Any]) -> bool:
    return layer["class_name"] == "InputLayer" or layer["class_name"] in MODELS


def _inner_name(layer: dict[str, Any]) -> Any:
    inner = layer.get("config")
    return inner.get("name") if isinstance(inner, dict) else None


def _first_shape(layer: Any) -> list | None:
    inner = layer.get("config")
    if not isinstance(inner, dict):
        return None
    if inner.get("batch_input_shape") is not None:
        return inner["batch_input_shape"]
    if isinstance(inner.get("input_dim"), int) and layer["class_name"] != "Embedding":
        return [None, inner["input_dim"]]
    return None


def _layer(name: str, inner: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in inner.items():
        if key in _DROPPED or (key == "batch_input_shape" and name != "InputLayer"):
            continue
        if key == "layer" and isinstance(value, dict):
            value = modern(value)
        made[key] = _dtype(value) if key == "dtype" else value
    if name == "InputLayer" and "batch_input_shape" in made:
        made["batch_shape"] = made.pop("batch_input_shape")
    axis = made.get("axis")
    if isinstance(axis, list) and len(axis) == 1 and name.startswith("BatchNorm"):
        made["axis"] = axis[0]
    if name == "GRU":
        made.setdefault("reset_after", False)
    if name == "Lambda" and isinstance(made.get("function"), list):
        made["function"] = {"class_name": "__lambda__", "config": {}}
    return made


def _dtype(value: Any) -> Any:
    if isinstance(value, dict) and value.get("class_name") == "Policy":
        return (value.get("config") or {}).get("name", "float32")
    return value


def _renamed(name: str, inner: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Keras 1's arguments under their present names, where the config has any of them."""
    if name == "Merge" and inner.get("mode") in _MERGES:
        axis = {"axis": inner.get("concat_axis", -1)} if inner["mode"] == "concat" else {}
        return _MERGES[inner["mode"]], {"name": inner.get("name"), **axis}
    if name == "Embedding" and "W_regularizer" in inner:
        return name, {_EMBEDDING.get(k, k): v for k, v in inner.items() if k not in _UNEMBEDDED}
    if name == "BatchNormalization":
        return name, {key: value for key, value in inner.items() if key != "mode"}
    known = set(_RENAMED) - {"mode", "stride"}
    if not known & set(inner) or name == "Embedding":
        return name, inner
    made = dict(inner)
    if "nb_row" in made:
        made["kernel_size"] = [made.pop("nb_row"), made.pop("nb_col", 1)]
    order = made.pop("dim_ordering", None)
    if order is not None:
        made["data_format"] = {"tf": "channels_last", "th": "channels_first"}.get(order)
    made.pop("input_dim", None)
    made.pop("input_length", None)
    made.pop("weights", None)
    for old, new in _RENAMED.items():
        if old in made:
            value = made.pop(old)
            if new is not None:
                made[new] = _INITIALIZERS.get(value, value) if isinstance(value, str) else value
    return name, made


def _node(node: Any, nested: set) -> dict[str, Any]:
    """A call: Keras 3 keeps its arguments, before it was a list of [layer, node, output, more]."""
    if isinstance(node, dict):
        return node
    rows = node if isinstance(node, list) else None
    if rows and isinstance(rows[0], str):
        rows = [rows]
    if not rows or not all(isinstance(r, list) and 3 <= len(r) <= 4 for r in rows):
        raise ConfigError("a node must be a list of [layer, node, output, arguments]")
    symbols = [_symbol(row, nested) for row in rows]
    more = rows[0][3] if len(rows[0]) > 3 else {}
    if not isinstance(more, dict):
        raise ConfigError("the arguments of a node are not an object")
    given = {k: _reference(v, nested) for k, v in more.items() if v is not None}
    return {"args": [symbols if len(symbols) > 1 else symbols[0]], "kwargs": given}


def _reference(value: Any, nested: set) -> Any:
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        return _symbol(value, nested)
    return value


def _symbol(row: list, nested: set) -> dict[str, Any]:
    name, index, output = row[:3]
    if name in nested and type(index) is int and index > 0:
        index -= 1  # a model's own node was counted first
    place = {"shape": None, "dtype": "float32", "keras_history": [name, index, output]}
    return {"class_name": "__keras_tensor__", "config": place}


def modern_training(config: Any) -> dict[str, Any] | None:
    """What `compile_from_config` takes, of a `training_config`; None if it cannot be told."""
    if not isinstance(config, dict) or not isinstance(config.get("optimizer_config"), dict):
        return None
    optimizer = dict(config["optimizer_config"])
    if isinstance(optimizer.get("class_name"), str):  # tf.keras 2.11 and up: "Custom>Adam"
        optimizer["class_name"] = optimizer["class_name"].removeprefix("Custom>")
        if optimizer.get("module") is None or optimizer.get("registered_name"):
            optimizer.update(module="keras.optimizers", registered_name=None)
    inner = dict(optimizer.get("config") or {})
    if "lr" in inner:
        inner.setdefault("learning_rate", inner.pop("lr"))
    for key in ("decay", "schedule_decay", "is_legacy_optimizer", "jit_compile"):
        inner.pop(key, None)
    if optimizer.get("class_name") == "RMSprop" and "rho" not in inner and "decay_rate" in inner:
        inner["rho"] = inner.pop("decay_rate")
    optimizer["config"] = inner
    if "module" not in optimizer:
        optimizer.update(module="keras.optimizers", registered_name=None)
    made = {"optimizer": optimizer, "loss": _plain(config.get("loss"))}
    for key in ("metrics", "weighted_metrics"):
        made[key] = _metrics(config.get(key))
    made["loss_weights"] = config.get("loss_weights")
    return made


def _metrics(value: Any) -> Any:
    """Names and configs; tf.keras keeps a list for each output and wraps functions."""
    if isinstance(value, list):
        found = [_metrics(x) for x in value]
        return found[0] if len(found) == 1 and isinstance(found[0], list) else found
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _metrics(inner) for key, inner in value.items()}
    if isinstance(value, dict) and value["class_name"] == "MeanMetricWrapper":
        return (value.get("config") or {}).get("fn")
    return _plain(value, "keras.metrics")


def _plain(value: Any, module: str = "keras.losses") -> Any:
    if isinstance(value, dict) and "class_name" in value and value.get("module") is None:
        inner = {k: v for k, v in (value.get("config") or {}).items() if k != "fn"}
        return {**value, "module": module, "registered_name": None, "config": inner}
    return value
