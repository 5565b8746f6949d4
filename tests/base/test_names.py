"""Automatic names, scopes and near names."""

import threading

import pytest

from hornlet.base import names


@pytest.fixture(autouse=True)
def _fresh():
    names.reset()
    yield
    names.reset()


@pytest.mark.parametrize(
    "name", ["Dense", "Conv2D", "MaxPooling2D", "LSTM", "GRUCell", "a b-c", "F1Score"]
)
def test_snake_case_is_that_of_keras(name):
    naming = pytest.importorskip("keras.src.utils.naming")
    assert names.to_snake_case(name) == naming.to_snake_case(name)


def test_names_are_counted():
    assert [names.auto_name("Dense") for _ in range(3)] == ["dense", "dense_1", "dense_2"]
    assert names.get_uid("x") == 1 and names.get_uid("x") == 2
    names.reset()
    assert names.auto_name("dense") == "dense"


def test_each_thread_counts_for_itself():
    names.auto_name("dense")
    seen = []
    thread = threading.Thread(target=lambda: seen.append(names.auto_name("dense")))
    thread.start()
    thread.join()
    assert seen == ["dense"]


def test_scopes_make_paths():
    caller = object()
    assert names.current_path() == ""
    with names.name_scope("a"):
        with names.name_scope("b", caller=caller):
            with names.name_scope("b", caller=caller):
                assert names.current_path() == "a/b"
        with names.name_scope("c", override_parent="x/y"):
            assert names.current_path() == "x/y/c"
    assert names.current_path() == ""


@pytest.mark.parametrize("name", ["a/b", 3, None])
def test_scope_names_are_checked(name):
    with pytest.raises(ValueError, match="name"):
        names.name_scope(name)


def test_near_names():
    assert (
        names.near("glorot_unifrom", ["zeros", "glorot_uniform", "glorot_normal"])[0]
        == "glorot_uniform"
    )
    assert "relu" in names.did_you_mean("rleu", ["relu", "gelu", "tanh"])
    assert "Known names" in names.did_you_mean("qqq", ["relu"])
