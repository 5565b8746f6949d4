"""The config of a functional model: layers, and the nodes that connect them; and back."""

from __future__ import annotations

from typing import Any

from hornlet.base import nest
from hornlet.base.names import did_you_mean, to_snake_case
from hornlet.base.registry import CustomObjectScope
from hornlet.base.serialization import (
    ConfigError,
    deserialize_keras_object,
    serialize_keras_object,
)
from hornlet.engine.front import FUNCTIONS
from hornlet.layers.call import signature
from hornlet.tensor.keras_tensor import KerasTensor
from hornlet.tensor.node import KerasHistory
from hornlet.tensor.operation import (
    KERAS_CLASSES,
    FunctionOperation,
    Operation,
    any_symbolic,
)

# Keras's ops whose class, or one of its parameters, is called differently from the function.
_PARAMETERS = {("reshape", "newshape"): "newshape"}
_OPS = "keras.src.ops."
# Modules of ops, and single ops, that Keras keeps in another module.
_MODULES = {"control": "core", "signal": "math", "polar": "nn"}
_FUNCTIONS_OF = {there: here for here, there in KERAS_CLASSES.items()}


def functional_config(model: Any) -> dict[str, Any]:
    """What `get_config` of a functional model returns."""
    graph = model._graph
    positions: dict[int, int] = {}
    for operation in graph.operations:
        n = 1 if hasattr(operation, "_graph") else 0  # Keras counts a model's own node first
        for node in operation._inbound_nodes:
            if node in graph:
                positions[id(node)] = n
                n += 1
    layers = []
    for operation in graph.operations:
        inbound = [
            _node_config(node, graph)
            for node in operation._inbound_nodes
            if node in graph and node.input_tensors
        ]
        config = _operation_config(operation)
        config["name"] = operation.name
        config["inbound_nodes"] = inbound
        layers.append(config)

    def place(x: KerasTensor) -> list:
        operation, index, output = x._keras_history
        return [operation.name, positions[id(operation._inbound_nodes[index])], output]

    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": nest.map_structure(place, model._inputs_struct),
        "output_layers": nest.map_structure(place, model._outputs_struct),
    }


def _node_config(node: Any, graph: Any) -> dict[str, Any]:
    def place(x: Any) -> Any:
        if not isinstance(x, KerasTensor):
            return x
        operation, index, output = x._keras_history
        before = sum(n in graph for n in operation._inbound_nodes[:index])
        symbol = KerasTensor(x.shape, dtype=x.dtype, name=x.name, record_history=False)
        symbol._keras_history = KerasHistory(operation, before, output)
        return symbol

    args, kwargs = node.arguments.structure
    if isinstance(node.operation, FunctionOperation):
        args, kwargs, _ = _split(node.operation, args, kwargs)
    return {
        "args": serialize_keras_object(nest.map_structure(place, args)),
        "kwargs": serialize_keras_object(nest.map_structure(place, kwargs)),
    }


def _operation_config(operation: Operation) -> dict[str, Any]:
    if not isinstance(operation, FunctionOperation):
        return serialize_keras_object(operation)
    name = operation.function.__name__
    arguments = operation._inbound_nodes[0].arguments
    _, _, settings = _split(operation, arguments.args, arguments.kwargs)
    config: dict[str, Any] = {"name": operation.name}
    for key, value in settings.items():
        if key == "dtype" and value is None:
            continue
        config[_PARAMETERS.get((name, key), key)] = serialize_keras_object(value)
    return {
        "module": _OPS + _module_of(operation.function),
        "class_name": operation.class_name,
        "config": config,
        "registered_name": operation.class_name,
    }


def _module_of(function: Any) -> str:
    module = function.__module__.removeprefix("hornlet.ops.").split(".")[0]
    return _MODULES.get(function.__name__) or _MODULES.get(module, module)


# Parameters that Keras hands over at the call, with the tensors; the others are an op's settings.
_AT_CALL = frozenset((
    "x", "x1", "x2", "xs", "a", "b", "y", "inputs", "key", "condition", "indices", "values",
    "operands", "arrays", "start_indices", "updates", "mask", "kernel", "target", "output",
    "abs_", "angle", "array", "beta", "bias", "branches", "choicelist", "condlist",
    "constant_values", "data", "default", "depthwise_kernel", "elements", "elems", "f",
    "false_fn", "fun", "gamma", "index", "init", "init_val", "loop_vars", "mean",
    "output_length", "pattern", "pointwise_kernel", "pred", "predictions", "primals", "q",
    "query", "scale", "segment_ids", "sequence_lengths", "sorted_sequence", "start", "step",
    "stop", "tangents", "target_length", "targets", "tensor", "true_fn", "value", "variable",
    "variance",
))  # fmt: skip
# Where one op hands over at the call what others have as a setting, and the other way round.
_AT_CALL_OF = {
    "average": ("weights",),
    "batch_normalization": ("offset",),
    "digitize": ("bins",),
    "full_like": ("fill_value",),
    "isclose": ("rtol", "atol"),
}
_SETTINGS_OF = {"squareplus": ("b",), "trapezoid": ("x",)}
# What Keras's ops ask for at the call even where it is None.
_NEEDED = {
    "batch_normalization": ("offset", "scale"),
    "layer_normalization": ("gamma", "beta"),
    "rms_normalization": ("scale",),
}


def _is_at_call(function: str, name: str) -> bool:
    if name in _AT_CALL:
        return name not in _SETTINGS_OF.get(function, ())
    return name in _AT_CALL_OF.get(function, ())


def _split(operation: Any, args: tuple, kwargs: dict) -> tuple[tuple, dict, dict[str, Any]]:
    """Arguments of an op's call as Keras files keep them: at the call, and as settings."""
    sign = signature(operation.function)
    if sign.varargs is not None:
        first = _before_operands(sign)
        return args[len(first) :], {}, {**kwargs, **dict(zip(first, args))}
    given = sign.bind(args, kwargs, operation.name)
    at_call, named, settings = [], {}, {}
    positional = True
    for name in sign.names:
        has = name in given
        value = given[name] if has else sign.defaults[name]
        symbolic = any(isinstance(x, KerasTensor) for x in nest.flatten(value))
        function = operation.function.__name__
        handed = _is_at_call(function, name)
        if symbolic or (handed and (has or name in _NEEDED.get(function, ()))):
            if positional:
                at_call.append(value)
            else:
                named[name] = value
        elif handed:
            positional = False
        else:
            settings[name] = value
    if sign.varkw is not None:
        settings.update(given.get(sign.varkw, {}))
    return tuple(at_call), named, settings


def _bound(operation: Operation, args: Any, kwargs: dict) -> tuple[Any, dict]:
    """Operands of a file go to the parameters of the function that are no settings, in order."""
    if not isinstance(operation, FunctionOperation):
        return args, kwargs
    sign = signature(operation.function)
    if sign.varargs is not None:
        return (*operation.leading, *args), kwargs
    free = [name for name in sign.names if name not in operation.settings]
    return (), {**dict(zip(free, args)), **kwargs}


def _before_operands(sign: Any) -> tuple[str, ...]:
    """The parameters that are settings in files and come before the operands of a call."""
    return tuple([name for name in sign.names[: sign.positional] if name == "subscripts"])


def _revived_operation(config: dict[str, Any]) -> Operation:
    """The op that a file names, looked up in the table of ops and nowhere else."""
    name = to_snake_case(config["class_name"])
    if name not in FUNCTIONS:
        name = _FUNCTIONS_OF.get(config["class_name"], name)
    function = FUNCTIONS.get(name)
    if function is None:
        raise ConfigError(
            f"Unknown operation {config['class_name']!r} of module {config.get('module')!r}: "
            f"hornlet.ops has no function {name!r}.{did_you_mean(name, FUNCTIONS)}"
        )
    settings = dict(config.get("config") or {})
    label = settings.pop("name", None)
    sign = signature(function)
    back = {(n, there): here for (n, here), there in _PARAMETERS.items()}
    named = {back.get((name, key), key): value for key, value in settings.items()}
    unknown = sorted(set(named) - sign.known)
    if unknown and sign.varkw is None:
        raise ConfigError(f"Operation {name!r} of the config has unknown settings: {unknown}")
    values = deserialize_keras_object(named)
    first = _before_operands(sign)
    operation = FunctionOperation(function, name=label)
    operation.leading = tuple([values.pop(key) for key in first if key in values])
    operation.settings = values
    return operation


def functional_from_config(cls: type, config: dict[str, Any], custom_objects: Any = None) -> Any:
    """The functional model that `functional_config` described."""
    config = dict(config)
    try:
        layer_configs = config.pop("layers")
        input_places, output_places = config.pop("input_layers"), config.pop("output_layers")
    except KeyError as error:
        raise ConfigError(f"The config of a functional model lacks the key {error}.") from None
    made: dict[str, Operation] = {}
    waiting: dict[str, list] = {}
    with CustomObjectScope(custom_objects):
        for layer_config in layer_configs:
            if not isinstance(layer_config, dict) or "class_name" not in layer_config:
                raise ConfigError(f"A layer of the config is no layer: {layer_config!r}")
            module = layer_config.get("module") or ""
            is_op = isinstance(module, str) and module.startswith(_OPS)
            revive = _revived_operation if is_op else deserialize_keras_object
            operation = revive(layer_config)
            if not isinstance(operation, Operation):
                raise ConfigError(
                    "A functional model consists of layers. Received in its config: "
                    f"{type(operation).__name__}"
                )
            name = layer_config.get("name", operation.name)
            made[name] = operation
            waiting[name] = list(layer_config.get("inbound_nodes") or [])
    _connect(made, waiting)

    def symbol(place: Any) -> Any:
        if isinstance(place, (list, tuple)) and len(place) == 3 and isinstance(place[0], str):
            name, index, output = place
            offset = 1 if hasattr(made.get(name), "_graph") else 0
            if type(index) is int:
                index -= offset
            return _output(made, name, index, output)
        if isinstance(place, dict):
            return {key: symbol(p) for key, p in place.items()}
        if isinstance(place, (list, tuple)):
            return type(place)(symbol(p) for p in place)
        raise ConfigError(
            f"A place in the graph must be [layer, node, output]. Received: {place!r}"
        )

    return cls(
        inputs=symbol(input_places),
        outputs=symbol(output_places),
        name=config.pop("name", None),
        trainable=config.pop("trainable", None),
        **config,
    )


class _NotYet(ConfigError):
    """A node's input comes from a node that has not been made yet."""


def _connect(made: dict[str, Operation], waiting: dict[str, list]) -> None:
    """Call the layers on each other's symbols, in whatever order that is possible."""
    while any(waiting.values()):
        progress = False
        for name, nodes in waiting.items():
            while nodes:
                try:
                    args, kwargs = _arguments(nodes[0], made)
                except _NotYet:
                    break
                if getattr(made[name], "class_name", None) == "GetItem":
                    args = [tuple(a) if isinstance(a, list) else a for a in args]  # JSON's lists
                if not any_symbolic(args, kwargs):  # an op on plain values would run at once
                    raise ConfigError(f"A node of layer {name!r} has no symbol among its inputs.")
                args, kwargs = _bound(made[name], args, kwargs)
                made[name](*args, **kwargs)
                nodes.pop(0)
                progress = True
        if not progress:
            left = [name for name, nodes in waiting.items() if nodes]
            raise ConfigError(
                "Invalid Functional model configuration: its graph has loops or disconnected "
                f"nodes. These layers' inputs could not be found: {left}"
            )


def _arguments(node: Any, made: dict[str, Operation]) -> tuple[Any, Any]:
    if not isinstance(node, dict) or "args" not in node:
        raise ConfigError(f"An inbound node must have `args` and `kwargs`. Received: {node!r}")

    def revive(x: Any) -> Any:
        if isinstance(x, dict):
            if x.get("class_name") == "__keras_tensor__":
                place = (x.get("config") or {}).get("keras_history")
                if not isinstance(place, (list, tuple)) or len(place) != 3:
                    raise ConfigError(f"A symbol of the config has no history: {x!r}")
                return _output(made, *place)
            if "class_name" in x:
                return deserialize_keras_object(x)
            return {key: revive(value) for key, value in x.items()}
        if isinstance(x, (list, tuple)):
            return type(x)(revive(value) for value in x)
        return x

    return revive(node["args"]), revive(node.get("kwargs") or {})


def _output(made: dict[str, Operation], name: Any, index: Any, output: Any) -> Any:
    operation = made.get(name) if isinstance(name, str) else None
    if operation is None or type(index) is not int or type(output) is not int:
        raise ConfigError(f"Unknown place in the graph: layer {name!r}, {index!r}, {output!r}")
    if not 0 <= index < len(operation._inbound_nodes):
        raise _NotYet(f"Layer {name!r} has no node {index}.")
    outputs = operation._inbound_nodes[index].output_tensors
    if not 0 <= output < len(outputs):
        raise ConfigError(f"Layer {name!r} has {len(outputs)} outputs. Received: {output}")
    return outputs[output]
