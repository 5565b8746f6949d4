"""Files that want code to run, or names that are none of the library's to be looked up."""

import base64
import json
import marshal

import numpy as np

import hornlet
from tests.hostile import seeds
from tests.hostile.table import Attack, group

_BYTECODE = base64.b64encode(marshal.dumps((lambda x: x).__code__)).decode()
LAMBDA = {"class_name": "__lambda__", "config": {"code": _BYTECODE, "defaults": None,
                                                "closure": None}}  # fmt: skip
OLD_LAMBDA = {"class_name": "__lambda__", "config": {"value": [_BYTECODE, None, None]}}
NAMES = (
    ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "exec"),
    ("builtins", "open"), ("builtins", "__import__"), ("subprocess", "Popen"),
    ("numpy", "load"), ("numpy", "fromfile"), ("pickle", "loads"), ("marshal", "loads"),
    ("kerasx", "relu_"), ("keras.src.utils.file_utils", "get_file_"),
    ("keras.src.saving.serialization_lib", "deserialize_keras_object"),
    ("keras.utils", "get_file"), ("keras.saving", "load_model"), ("keras.models", "load_model"),
    ("keras.datasets.mnist", "load_data"), ("keras.callbacks", "CSVLogger"),
    ("keras.config", "enable_unsafe_deserialization"), ("keras.src.ops.numpy", "save"),
    ("hornlet.saving", "load_model"), ("hornlet.base.registry", "register"),
    ("keras.activations.relu.__globals__", "os"), ("", "os.system"), ("", "__import__"),
)  # fmt: skip
# Places of a config where a function or an object is named.
PLACES = (
    "activation", "kernel_initializer", "kernel_regularizer", "kernel_constraint",
    "activity_regularizer", "dtype",
)  # fmt: skip
COMPILED = ("loss", "optimizer", "metrics", "weighted_metrics")
WRAPPERS = ("TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer", "TFLayer")


def _reference(module, name):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def _object(module, name):
    return {"module": module, "class_name": name, "config": {"args": "id"}, "registered_name": None}


def _compiled(place, value):
    def change(c):
        c["compile_config"][place] = [value] if "metrics" in place else value

    return seeds.with_config(change)


def _schedule(value):
    def change(c):
        c["compile_config"]["optimizer"]["config"]["learning_rate"] = value

    return seeds.with_config(change)


def _wrapped(inner, *classes):
    for name in classes:
        inner = {
            "module": "keras.layers", "class_name": name, "registered_name": None,
            "config": {"layer": inner},
        }  # fmt: skip
    return inner


def _in_file(layer):
    def change(c):
        c["config"]["layers"][1] = layer

    return lambda: seeds.with_config(change)


def _lambda_layer(function):
    return {"module": "keras.layers", "class_name": "Lambda", "registered_name": None,
            "config": {"name": "l", "function": function}}  # fmt: skip


@group
def named_functions():
    for module, name in NAMES:
        for value in (_reference(module, name), _object(module, name), f"{module}.{name}"):
            kind = "text" if isinstance(value, str) else value["class_name"][:8]
            for place in PLACES:
                yield Attack(
                    f"{module}.{name} ({kind}) as {place}",
                    lambda place=place, value=value: seeds.with_layer(**{place: value}),
                )
            for place in COMPILED:
                yield Attack(
                    f"{module}.{name} ({kind}) as {place}",
                    lambda place=place, value=value: _compiled(place, value),
                )
            yield Attack(
                f"{module}.{name} ({kind}) as schedule", lambda value=value: _schedule(value)
            )
            layer = _lambda_layer(value)
            yield Attack(f"{module}.{name} ({kind}) in a Lambda", _in_file(layer))


@group
def stored_code():
    for label, code in (("code", LAMBDA), ("old code", OLD_LAMBDA), ("marshalled", _BYTECODE)):
        layer = _lambda_layer(code)
        rows = {
            "alone": layer,
            "as output_shape": _lambda_layer("relu") | {"config": {
                "function": "relu", "output_shape": code}},
            "as mask": _lambda_layer("relu") | {"config": {"function": "relu", "mask": code}},
            "as argument": _lambda_layer("relu") | {"config": {
                "function": "relu", "arguments": {"f": code}}},
            "in TimeDistributed": _wrapped(layer, "TimeDistributed"),
            "in two wrappers": _wrapped(layer, "TimeDistributed", "TimeDistributed"),
            "as an activation": {"module": "keras.layers", "class_name": "Activation",
                                 "registered_name": None, "config": {"activation": code}},
            "in a model": seeds.functional(("x", layer, {}, [["in0"]])),
        }  # fmt: skip
        for place, row in rows.items():
            yield Attack(f"{label} {place}", _in_file(row))
            yield Attack(f"{label} {place}, JSON", lambda row=row: json.dumps(row), "json")
            yield Attack(f"{label} {place}, config", lambda row=row: row, "config")
            with_flag = json.loads(json.dumps(row))
            with_flag["config"]["safe_mode"] = False
            yield Attack(f"{label} {place}, safe_mode in the file", _in_file(with_flag))
        yield Attack(
            f"{label} by from_config",
            lambda code=code: lambda: hornlet.layers.Lambda.from_config(
                {"name": "l", "function": code}
            ),
            "run",
        )


@group
def foreign_layers():
    for name in WRAPPERS:
        inner = {"module": "torch.nn", "lib": "AAAA", "filepath": "/etc", "call_endpoint": "serve"}
        for module in ("keras.layers", "keras.src.utils.torch_utils", "kerasx", None):
            yield Attack(
                f"{module}.{name}",
                lambda name=name, module=module, inner=inner: seeds.as_layer(name, module, inner),
            )
    yield Attack(
        "a registered name beside a built-in",
        lambda: seeds.as_layer("Dense", inner={"units": 6}, registered_name="evil>Dense"),
    )
    for key, value in (("module", 5), ("class_name", 5), ("class_name", ["Dense"]),
                       ("registered_name", {}), ("config", 7), ("config", "units")):  # fmt: skip
        yield Attack(
            f"{key} is {value!r}",
            lambda key=key, value=value: seeds.as_layer("Dense", **{key: value})
            if key == "registered_name"
            else seeds.with_config(
                lambda c: c["config"]["layers"][1].update({key: value})
            ),
        )


class _Dense(hornlet.layers.Dense):
    """A user's class that must not be found where the library's own is asked for."""

    def __init__(self, *args, **kwargs):
        raise AssertionError("a custom class shadowed a built-in")


@group
def shadows():
    def good_file_with_shadow():
        config = seeds.config()
        config.pop("compile_config")
        model = hornlet.saving.deserialize_keras_object(config, custom_objects={"Dense": _Dense})
        assert type(model.layers[0]) is hornlet.layers.Dense
        raise ValueError("seed: the built-in was found")

    yield Attack("custom_objects named as a built-in", lambda: good_file_with_shadow, "run")


@group
def other_files():
    names = (
        "/etc/passwd", "../../etc/passwd", "C:\\Windows\\win.ini", "\\\\host\\share\\x",
        "http://127.0.0.1:9/x", "file:///etc/passwd", "gs://bucket/x", "/dev/zero", "a\0b",
    )  # fmt: skip
    for cls in ("StringLookup", "IntegerLookup", "TextVectorization"):
        for name in names:
            inner = {"vocabulary": name}
            yield Attack(
                f"{cls} of {name!r}", lambda cls=cls, inner=inner: seeds.as_layer(cls, inner=inner)
            )
            config = {"module": "keras.layers", "class_name": cls, "config": inner,
                      "registered_name": None}  # fmt: skip
            yield Attack(f"{cls} of {name!r}, config", lambda config=config: config, "config")
            yield Attack(
                f"{cls} of {name!r}, from_config",
                lambda cls=cls, inner=inner: (
                    lambda: getattr(hornlet.layers, cls).from_config(dict(inner))
                ),
                "run",
            )
    for inner in ({"vocabulary": np.array([1], object).tolist() * 2},
                  {"vocabulary": [["a"], ["b", "c"]]},
                  {"vocabulary": [{"class_name": "function"}]}):  # fmt: skip
        yield Attack(
            f"StringLookup of {inner}",
            lambda inner=inner: seeds.as_layer("StringLookup", inner=inner),
        )


def _legacy_layer(layer):
    def change(h5):
        config = json.loads(h5.attrs["model_config"])
        config["config"]["layers"][1] = layer
        h5.attrs["model_config"] = json.dumps(config)

    return lambda: seeds.legacy(change)


def _legacy_attribute(name, value):
    def change(h5):
        place, _, attribute = name.rpartition("@")
        target = h5[place] if place else h5
        if value is None:
            del target.attrs[attribute]
        else:
            target.attrs[attribute] = value

    return lambda: seeds.legacy(change)


@group
def legacy_files():
    pickled = [_BYTECODE, None, None]
    rows = {
        "Lambda of Keras 2": {"function": pickled, "function_type": "lambda"},
        "Lambda's output_shape": {"function": "relu", "output_shape": pickled,
                                  "output_shape_type": "lambda"},
        "Lambda by module": {"function": "system", "function_type": "function", "module": "os"},
        "Lambda of code": {"function": LAMBDA},
    }  # fmt: skip
    for name, inner in rows.items():
        layer = {"class_name": "Lambda", "config": {"name": "l", **inner}}
        yield Attack(name, _legacy_layer(layer), "legacy")
        wrapped = {"class_name": "TimeDistributed", "config": {"name": "t", "layer": layer}}
        yield Attack(f"{name}, wrapped", _legacy_layer(wrapped), "legacy")
    for module, name in NAMES:
        for place in PLACES[:4]:
            value = _reference(module, name) if module else name
            inner = {"name": "first", "units": 6, place: value}
            layer = {"class_name": "Dense", "config": inner}
            yield Attack(f"{module}.{name} as {place}", _legacy_layer(layer), "legacy")
    for cls in ("Popen", "os.system", "TorchModuleWrapper", "__lambda__", 5, None, ["Dense"]):
        layer = {"class_name": cls, "config": {"name": "x"}}
        yield Attack(f"class {cls!r}", _legacy_layer(layer), "legacy")
    for value in (None, "", "[]", "{", "5", "[" * 200_000, '{"class_name": "Sequential"}',
                  '{"class_name": "Functional", "config": {"layers": 5}}',
                  '{"class_name": "Functional", "config": {"layers": [5]}}',
                  '{"class_name": "Model", "config": {"layers": [{"class_name": "Dense",'
                  ' "config": {}, "inbound_nodes": [[["a"]]]}]}}', 5.0, np.zeros(3)):  # fmt: skip
        label = repr(value)[:60]
        yield Attack(f"model_config {label}", _legacy_attribute("@model_config", value), "legacy")
    for value in ("[]", "{", "5", '{"optimizer_config": 5}', '{"optimizer_config": {}}',
                  '{"optimizer_config": {"class_name": "os.system", "config": {}}}',
                  '{"optimizer_config": {"class_name": "SGD", "config": 5}}'):  # fmt: skip
        label = "(may load)" if value in ("[]", "5", '{"optimizer_config": 5}') else ""
        yield Attack(
            f"training_config {value} {label}", _legacy_attribute("@training_config", value),
            "legacy",
        )  # fmt: skip
    for value in ([b"first", b"nobody"], [b"first"], [b"../first"], [b"/"], [1, 2], 5.0,
                  np.zeros((2, 2)), [b"x"] * 2_000, None):  # fmt: skip
        label = repr(value)[:60]
        name = "model_weights@layer_names"
        yield Attack(f"layer_names {label}", _legacy_attribute(name, value), "legacy")
        name = "model_weights/first@weight_names"
        yield Attack(f"weight_names {label}", _legacy_attribute(name, value), "legacy")
