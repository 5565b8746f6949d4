"""Configs: the dictionaries Keras writes, and nothing read back that is not in the registry."""

import json

import numpy as np
import pytest

from hornlet.base import registry
from hornlet.base.configurable import Configurable
from hornlet.base.lookup import get_object
from hornlet.base.serialization import (
    LiveScope,
    ObjectSharingScope,
    deserialize_keras_object,
    serialize_keras_object,
)


class Part(Configurable):
    def __init__(self, size, shape=(1, 2), name=None):
        self.size = size
        self.shape = shape
        self.name = name


Part.__module__ = "hornlet.testing"
registry.register("keras.testing_parts", aliases=("piece",))(Part)


class Mine(Part):
    def __init__(self, extra, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.extra = extra * factor


@registry.register_keras_serializable("tests")
def custom_function(x):
    return x


@registry.register_keras_serializable("tests")
class Custom:
    def get_config(self):
        return {"a": (1, np.float32(2))}

    @classmethod
    def from_config(cls, config):
        made = cls()
        made.config = config
        return made


PLAIN = [
    None,
    3,
    2.5,
    True,
    "text",
    b"bytes",
    slice(1, None, 2),
    Ellipsis,
    [1, (2, "x")],
    {"a": 1, "b": [None]},
    np.float32(3),
    np.arange(6, dtype="int16").reshape(2, 3),
    np.array(2.0),
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_values_are_written_as_keras_writes_them(value):
    keras = pytest.importorskip("keras")
    assert serialize_keras_object(value) == keras.saving.serialize_keras_object(value)


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_values_come_back(value):
    config = json.loads(json.dumps(serialize_keras_object(value)))
    found = deserialize_keras_object(config)
    if isinstance(value, list):
        value = [1, [2, "x"]]
    np.testing.assert_equal(found, value)


def test_functions_and_objects_are_written_as_keras_writes_them():
    keras = pytest.importorskip("keras")

    @keras.saving.register_keras_serializable("tests", "custom_function")
    def theirs(x):
        return x

    ours = serialize_keras_object(custom_function)
    assert ours == keras.saving.serialize_keras_object(theirs)
    assert deserialize_keras_object(ours) is custom_function
    config = serialize_keras_object(Custom())
    assert config["registered_name"] == "tests>Custom"
    assert config["config"] == {"a": (1, 2.0)}
    assert deserialize_keras_object(config).config == {"a": (1, 2.0)}


def test_config_is_the_constructor():
    part = Part(3, shape=(4, 5))
    assert part.get_config() == {"size": 3, "shape": (4, 5), "name": None}
    assert Part.from_config(part.get_config()).shape == (4, 5)
    assert serialize_keras_object(part) == {
        "module": "keras.testing_parts",
        "class_name": "Part",
        "config": {"size": 3, "shape": (4, 5), "name": None},
        "registered_name": None,
    }
    part.size = 9
    assert part.get_config()["size"] == 9


def test_a_user_class_keeps_its_arguments():
    mine = Mine(5, size=3)
    assert mine.get_config() == {"extra": 5, "factor": 2, "size": 3}
    assert Mine.from_config(mine.get_config()).extra == 10
    with pytest.raises(NotImplementedError, match="get_config"):
        Mine(np.zeros(2), size=1).get_config()


def test_a_user_get_config_adds_to_the_library_part():
    class Own(Mine):
        def get_config(self):
            return {**super().get_config(), "more": 1}

    assert Own(5, size=3).get_config() == {"size": 3, "shape": (1, 2), "name": None, "more": 1}


def test_shared_objects_stay_shared():
    part = Part(1)
    with ObjectSharingScope():
        config = serialize_keras_object([part, part, Part(2)])
    assert config[0]["shared_object_id"] == config[1]["shared_object_id"]
    with ObjectSharingScope():
        a, b, c = deserialize_keras_object(config)
    assert a is b and c is not a


def test_live_functions_pass_only_inside_their_scope():
    function = lambda x: x  # noqa: E731
    with LiveScope():
        config = serialize_keras_object(function)
        assert deserialize_keras_object(config) is function
    with pytest.raises(ValueError):
        deserialize_keras_object(config)
    with pytest.raises(ValueError, match="lambda"):
        serialize_keras_object(function)


def _class(module, name, config=None, registered=None):
    return {
        "module": module,
        "class_name": name,
        "config": config or {},
        "registered_name": registered,
    }


def _function(module, name):
    return {"module": module, "class_name": "function", "config": name, "registered_name": name}


def _deep(depth):
    config = 1
    for _ in range(depth):
        config = {"a": config}
    return config


REFUSED = {
    "lambda": {"class_name": "__lambda__", "config": {"value": ["4wAAAA==", None, None]}},
    "live": {"class_name": "__live__", "config": {"value": "os.system"}},
    "unknown special": {"class_name": "__reduce__", "config": {}},
    "os": _class("os", "system"),
    "builtins": _class("builtins", "eval"),
    "kerasx": _class("kerasx.layers", "Dense"),
    "private path": _class("keras.src.utils.python_utils", "func_load"),
    "function os.system": _function("os", "system"),
    "function builtins.eval": _function("builtins", "eval"),
    "function numpy.load": _function("numpy", "load"),
    "dotted": _function("keras.testing_parts", "Part.__init__"),
    "get_file": _function("keras.utils", "get_file"),
    "shadow": _class("keras.testing_parts", "Part", {"size": 1}, "tests>Custom"),
    "arguments": _class("keras.testing_parts", "Part", {"sizes": 1}),
    "function shadow": {**_function("builtins", "relu"), "registered_name": "tests>other"},
    "config is a list": {"module": "keras.testing_parts", "class_name": "Part", "config": [1]},
    "class name is a list": {"class_name": ["Part"], "config": {}},
    "module is a list": _class(["keras"], "Part"),
    "function name is a dict": {"module": "builtins", "class_name": "function", "config": {"a": 1}},
    "object array": {"class_name": "__numpy__", "config": {"value": [1], "dtype": "string"}},
    "array without dtype": {"class_name": "__numpy__", "config": {"value": [1]}},
    "deep": _deep(100_000),
    "somewhat deep": _deep(300),
}


@pytest.mark.parametrize("config", REFUSED.values(), ids=REFUSED)
def test_hostile_configs_are_value_errors(config):
    with pytest.raises(ValueError):
        deserialize_keras_object(config)


def test_custom_objects_serve_one_call_and_shadow_nothing():
    class Local(Part):
        pass

    config = _class(None, "Local", {"size": 2}, "Local")
    assert type(deserialize_keras_object(config, custom_objects={"Local": Local})) is Local
    with pytest.raises(ValueError, match="Local"):
        deserialize_keras_object(config)
    config = _class("keras.testing_parts", "Part", {"size": 2})
    assert type(deserialize_keras_object(config, custom_objects={"Part": Local})) is Part


def test_functions_without_their_package_are_found_if_there_is_one(monkeypatch):
    monkeypatch.setattr(registry, "_custom", {**registry._custom})
    config = {**_function("builtins", "cubed"), "registered_name": "function"}
    with pytest.raises(ValueError, match="cubed"):
        deserialize_keras_object(config)

    @registry.register_keras_serializable("tests")
    def cubed(x):
        return x**3

    assert deserialize_keras_object(config) is cubed
    assert deserialize_keras_object({**config, "config": "tests>cubed"}) is cubed
    registry.register_keras_serializable("elsewhere", "cubed")(lambda x: x)
    with pytest.raises(ValueError, match="cubed"):
        deserialize_keras_object(config)


def test_get_object_takes_every_form():
    part = Part(1)
    assert get_object("keras.testing_parts", None, "part") is None
    assert get_object("keras.testing_parts", part, "part") is part
    assert get_object("keras.testing_parts", "piece", "part", instantiate=False) is Part
    assert get_object("keras.testing_parts", serialize_keras_object(part), "part").size == 1
    with pytest.raises(ValueError, match="Did you mean 'piece'"):
        get_object("keras.testing_parts", "peice", "part")
    with pytest.raises(ValueError, match="part"):
        get_object("keras.testing_parts", 3, "part")
