"""The closed table of names."""

import pytest

from hornlet.base import registry


class Widget:
    def get_config(self):
        return {}


registry.register("keras.testing", aliases=("wd", "keras.testing_other.Widget"))(Widget)


def test_built_ins_by_home_and_spelling():
    assert registry.lookup("keras.testing", "Widget") is Widget
    assert registry.lookup("keras.testing_other", "Widget") is Widget
    assert registry.lookup("keras.testing", "wd") is None
    assert registry.spelled("keras.testing", "widget") is Widget
    assert registry.spelled("keras.testing", "wd") is Widget
    assert registry.home(Widget) == ("keras.testing", "Widget")
    assert registry.home([]) is None
    assert "wd" in registry.names_in("keras.testing")


def test_a_name_is_given_once():
    with pytest.raises(ValueError, match="registered already"):
        registry.place(object(), "keras.testing", "Widget")


def test_custom_names():
    @registry.register_keras_serializable("pack", "thing")
    def function():
        pass

    assert registry.get_registered_name(function) == "pack>thing"
    assert registry.get_registered_object("pack>thing") is function
    assert registry.get_custom_objects()["pack>thing"] is function
    assert registry.get_registered_object("absent", {"absent": 1}) == 1
    with pytest.raises(ValueError, match="get_config"):
        registry.register_keras_serializable()(object)


def test_scopes_nest_and_end():
    with registry.CustomObjectScope({"one": 1}):
        with registry.custom_object_scope({"two": 2}):
            assert registry.get_registered_object("one") == 1
            assert registry.get_registered_object("two") == 2
        assert registry.get_registered_object("two") is None
    assert registry.get_registered_object("one") is None
