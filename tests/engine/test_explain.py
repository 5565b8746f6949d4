"""What `explain` prints can be read: graph, gradient, plan; a two-layer network fits a screen."""

import io

import numpy as np
import pytest

import hornlet
from hornlet.engine import Ref, cond, emit, explain, scan
from hornlet.optimizers import SGD


def printed(function, *inputs):
    out = io.StringIO()
    explain(function, *inputs, file=out)
    return out.getvalue()


@pytest.fixture
def model():
    layers = hornlet.layers
    return hornlet.Sequential(
        [hornlet.Input((784,)), layers.Dense(64, "relu"), layers.Dense(10, "softmax")]
    )


def test_a_function_of_arrays():
    w, u = Ref(np.ones((4, 8))), Ref(np.ones((8, 2)))

    def network(x):
        return emit("matmul", emit("relu", emit("matmul", x, w)), u)

    text = printed(network, np.ones((3, 4)))
    for part in ("graph", "gradient", "plan", "matmul(x0, w0)", "relu", "arena"):
        assert part in text


def test_a_two_layer_model_fits_one_screen(model):
    text = printed(model, np.zeros((32, 784), "float32"))
    lines = text.splitlines()
    assert len(lines) <= 50 and max(map(len, lines)) <= 80
    assert "float32[784,64]  sequential" in text
    assert lines[-1].split()[1:3] == ["matmul", "view(x0)"]


def test_the_training_step_of_a_compiled_model(model):
    model.compile(SGD(name="descent"), "sparse_categorical_crossentropy")
    text = printed(model.train_step, (np.zeros((32, 784), "float32"), np.zeros(32, "int32")))
    assert "assignments" in text and "gradient" not in text
    assert max(map(len, text.splitlines())) <= 120
    rate = next(line.split()[0] for line in text.splitlines() if "descent/learning_rate" in line)
    whole = next(line.split()[0] for line in text.splitlines() if "float32[50890]" in line)
    update = next(line for line in text.splitlines() if f", {rate})" in line)
    assert "multiply" in update
    assert any(line.split()[:2] == [whole, "="] for line in text.splitlines())


def test_a_function_of_nests_and_numbers():
    text = printed(lambda xs: xs["a"] * xs["b"] + 2.5, {"a": np.ones(3), "b": np.float32(2)})
    assert "x0     float64[3]" in text and "2.5" in text
    assert "add" in text


def test_what_has_no_gradient_and_what_holds_graphs():
    text = printed(lambda x: x > 0, np.ones(3))
    assert "greater(x0, 0)" in text

    def loop(x):
        last, _ = scan(lambda h, x: (h * x, None), x[0], x)
        return cond(emit("sum", last, axis=(0,)) > 0, lambda: last, lambda: -last)

    text = printed(loop, np.ones((3, 2)))
    assert "scan(" in text and "cond(" in text and "object at" not in text


def test_large_chains_are_named_by_their_members():
    text = printed(lambda x: emit("exp", emit("tanh", x) * 2.0) - x, np.ones((300, 300)))
    assert "tanh+multiply+exp" in text
