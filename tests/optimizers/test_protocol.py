"""The optimizers' protocol: names, errors, learning rates, flat memory, custom rules."""

import keras
import numpy as np
import pytest

import hornlet.ops as ops
import hornlet.optimizers as optimizers
from hornlet.engine.trace import trace
from hornlet.tensor.variable import Variable


def weights(*shapes):
    return [Variable(np.ones(s), dtype="float32", name=f"w{i}") for i, s in enumerate(shapes)]


def ones(variables):
    return [np.ones(v.shape, "float32") for v in variables]


@pytest.mark.parametrize("name", ["adam", "Adam", "ADAM", "rmsprop", "sgd", "adamw"])
def test_get_by_name(name):
    assert type(optimizers.get(name)).__name__.lower() == name.lower()


def test_get_others():
    sgd = optimizers.SGD()
    assert optimizers.get(sgd) is sgd
    assert optimizers.get(None) is None
    assert type(optimizers.get({"class_name": "adam", "config": {}})) is optimizers.Adam
    with pytest.raises(ValueError, match="adam"):
        optimizers.get("adem")
    with pytest.raises(ValueError, match="Could not interpret"):
        optimizers.get(3)


@pytest.mark.parametrize(
    "arguments, word",
    [
        ({"learning_rate": 1}, "learning_rate"),
        ({"learning_rate": "fast"}, "learning_rate"),
        ({"clipnorm": 1.0, "clipvalue": 1.0}, "clipvalue"),
        ({"use_ema": True, "ema_momentum": 2.0}, "ema_momentum"),
        ({"use_ema": True, "ema_overwrite_frequency": -1}, "ema_overwrite_frequency"),
        ({"gradient_accumulation_steps": 1}, "gradient_accumulation_steps"),
        ({"momentum": 2.0}, "momentum"),
        ({"speed": 2.0}, "speed"),
    ],
)
def test_bad_arguments(arguments, word):
    with pytest.raises(ValueError, match=word):
        optimizers.SGD(**arguments)


def test_bad_gradients():
    a, b = weights((2,), (3,))
    sgd = optimizers.SGD()
    with pytest.raises(ValueError, match="built"):
        sgd.apply([np.ones(2)])
    sgd.build([a])
    with pytest.raises(ValueError, match="Unknown variable"):
        sgd.apply([np.ones(3)], [b])
    with pytest.raises(ValueError, match="1 trainable"):
        sgd.apply(ones([a, a]))
    with pytest.raises(ValueError, match="No gradients"):
        sgd.apply([None], [a])
    c, d = weights((2,), (3,))
    with pytest.warns(UserWarning, match="w1"):
        optimizers.SGD().apply([np.ones(2), None], [c, d])


def test_learning_rate_is_settable():
    sgd = optimizers.SGD(0.5)
    sgd.learning_rate = 0.25
    assert float(sgd.learning_rate) == 0.25
    assert sgd.get_config()["learning_rate"] == 0.25
    sgd.learning_rate = optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    assert len(sgd.variables) == 1
    assert float(sgd.learning_rate) == pytest.approx(0.1)
    with pytest.raises(TypeError, match="LearningRateSchedule"):
        sgd.learning_rate = 0.1
    called = optimizers.SGD(lambda: 0.125)
    (w,) = weights((1,))
    called.apply(ones([w]), [w])
    assert float(w.numpy()[0]) == 0.875


def test_weights_live_in_one_array_and_an_update_is_a_handful_of_nodes():
    def nodes(count):
        variables = weights(*[(3, 2)] * count)
        adam = optimizers.Adam()
        adam.build(variables)
        assert len({id(v.root) for v in variables}) == 1
        graph = trace(lambda grads: adam.apply(grads, variables), ones_specs(variables))
        nodes = [n for n in graph.nodes() if n.primitive.name not in ("cast", "stop_gradient")]
        big = [n for n in nodes if n.outputs[0].shape == (6 * count,)]
        return len(big), len(nodes)

    def ones_specs(variables):
        from hornlet.engine.spec import Spec

        return [Spec(v.shape, np.dtype("float32")) for v in variables]

    few, many = nodes(2), nodes(20)
    assert few == many
    assert many[0] <= 13, many


def test_custom_rule_as_in_keras():
    def define(base, ops):
        class Momentum(base):
            def __init__(self, learning_rate=0.1, momentum=0.9, **kwargs):
                super().__init__(learning_rate, **kwargs)
                self.momentum = momentum

            def build(self, variables):
                super().build(variables)
                self.momentums = self.add_optimizer_variables(variables, "momentum")

            def update_step(self, gradient, variable, learning_rate):
                learning_rate = ops.cast(learning_rate, variable.dtype)
                m = self.momentums[self._get_variable_index(variable)]
                self.assign(m, m * self.momentum - gradient * learning_rate)
                self.assign_add(variable, m)

            def get_config(self):
                return {**super().get_config(), "momentum": self.momentum}

        return Momentum

    settings = {"weight_decay": 0.1, "clipnorm": 0.5, "gradient_accumulation_steps": 2}
    ours = define(optimizers.Optimizer, ops)(**settings)
    theirs = define(keras.optimizers.Optimizer, keras.ops)(**settings)
    mine = weights((2, 3), (3,))
    other = [keras.Variable(v.numpy()) for v in mine]
    for _ in range(4):
        ours.apply(ones(mine), mine)
        theirs.apply([keras.ops.convert_to_tensor(g) for g in ones(mine)], other)
    for a, b in zip(mine, other):
        np.testing.assert_allclose(a.numpy(), keras.ops.convert_to_numpy(b), rtol=1e-6)
    config = ours.get_config()
    assert config["momentum"] == 0.9
    assert type(ours).from_config(config).get_config() == config


def test_forgotten_super_is_named():
    class Forgetful(optimizers.Optimizer):
        def __init__(self):
            self.rate = 1.0

    with pytest.raises(RuntimeError, match="super"):
        Forgetful().build(weights((2,)))


def test_averages_become_the_weights_when_training_ends():
    (w,) = weights((2,))
    sgd = optimizers.SGD(1.0, use_ema=True, ema_momentum=0.5)
    for _ in range(2):
        sgd.apply(ones([w]), [w])
    assert w.numpy()[0] == -1.0
    sgd.finalize_variable_values([w])
    assert w.numpy()[0] == -0.5


def test_overwrite_with_gradient():
    a, b = weights((2,), (3,))
    b.overwrite_with_gradient = True
    adam = optimizers.Adam(0.1)
    adam.apply([np.ones(2), np.full(3, 7.0)], [a, b])
    assert b.numpy().tolist() == [7.0, 7.0, 7.0]
    assert a.numpy()[0] < 1.0


def test_loss_scale_skips_what_is_not_finite():
    (w,) = weights((2,))
    optimizer = optimizers.LossScaleOptimizer(optimizers.SGD(1.0), initial_scale=4.0)
    assert optimizer.scale_loss(2.0) == 8.0
    optimizer.apply([np.array([np.inf, 1.0])], [w])
    assert w.numpy().tolist() == [1.0, 1.0]
    assert float(optimizer.dynamic_scale) == 2.0
    optimizer.apply([np.array([2.0, 1.0])], [w])
    assert w.numpy().tolist() == [0.0, 0.5]
    assert int(optimizer.iterations) == 1


def test_the_order_of_gradients_does_not_matter():
    def trained(order):
        variables = weights((2,), (3, 2), ())
        grads = [np.full(v.shape, i + 1.0) for i, v in enumerate(variables)]
        adam = optimizers.Adam(0.1, global_clipnorm=0.5)
        adam.build(variables)
        adam.apply([grads[i] for i in order], [variables[i] for i in order])
        assert len(adam._cached_blocks) == 1
        assert [len(blocks) for blocks in adam._cached_blocks.values()] == [1]
        return np.concatenate([v.numpy().ravel() for v in variables])

    np.testing.assert_array_equal(trained([0, 1, 2]), trained([2, 0, 1]))


def test_two_optimizers_share_variables():
    a, b, c = weights((2,), (3,), (4,))
    first, second = optimizers.Adam(0.1), optimizers.SGD(0.5, momentum=0.5)
    first.apply(ones([a, b, c]), [a, b, c])
    second.apply(ones([c, a]), [c, a])
    first.apply(ones([a, b, c]), [a, b, c])
    np.testing.assert_allclose(b.numpy(), 0.8, atol=1e-5)
    np.testing.assert_allclose(a.numpy(), 0.3, atol=1e-5)
    np.testing.assert_allclose(c.numpy(), 0.3, atol=1e-5)


def test_inner_optimizers_follow_the_loss_scale():
    inner, other = optimizers.SGD(0.1), optimizers.SGD(0.1)
    table = optimizers.OptimizerMap(other, {".*bias": inner})
    several = optimizers.MultiOptimizer(table, loss_scale_factor=5.0)
    assert (inner.loss_scale_factor, other.loss_scale_factor) == (5.0, 5.0)
    scaled = optimizers.LossScaleOptimizer(several, initial_scale=10.0)
    assert (several.loss_scale_factor, inner.loss_scale_factor) == (None, None)
    (w,) = weights((2,))
    scaled.build([w])
    assert float(scaled.scale_loss(np.float32(2.0))) == 20.0
    scaled.apply([np.full(2, 10.0, "float32")], [w])
    np.testing.assert_allclose(w.numpy(), 0.9)
