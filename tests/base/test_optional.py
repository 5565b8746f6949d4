"""Modules that may be missing."""

import json

import pytest

from hornlet.base.optional import LazyModule


def test_a_module_is_imported_when_it_is_used():
    module = LazyModule("json")
    assert module.module is None and repr(module) == "LazyModule(json)"
    assert module.dumps is json.dumps and module.module is json and module.available


def test_a_missing_module_is_named_with_what_to_install():
    module = LazyModule("no_such_module", "no-such-package")
    assert not module.available
    with pytest.raises(ImportError, match="`no_such_module`.*pip install no-such-package"):
        module.anything
    with pytest.raises(ImportError, match="in my words"):
        LazyModule("no_such_module", import_error_msg="in my words").anything
