"""Loops that keep the state themselves: the numbers of `fit`, and of Keras where it has them."""

import keras
import numpy as np
import pytest

import hornlet

RNG = np.random.default_rng(0)
X = RNG.normal(size=(12, 3)).astype("float32")
Y = RNG.normal(size=(12, 2)).astype("float32")


def sgd(k):
    return k.optimizers.SGD(0.1, momentum=0.9, name="own")


def model(k, optimizer=None, weights=None):
    made = k.Sequential(
        [
            k.Input((3,)),
            k.layers.Dense(4, kernel_regularizer="l2", activity_regularizer="l1", name="a"),
            k.layers.BatchNormalization(name="b"),
            k.layers.Dense(2, name="c"),
        ],
        name="net",
    )
    if weights is not None:
        made.set_weights(weights)
    made.compile(optimizer or sgd(k), "mse", metrics=["mae"])
    made.optimizer.build(made.trainable_variables)
    return made


def values(variables):
    return [v.value for v in variables]


@pytest.mark.parametrize("scaled", [False, True])
def test_a_loop_of_values_is_a_step_of_fit(scaled):
    def optimizer():
        inner = sgd(hornlet)
        return hornlet.optimizers.LossScaleOptimizer(inner, initial_scale=8.0) if scaled else inner

    by_fit = model(hornlet, optimizer())
    by_hand = model(hornlet, optimizer(), by_fit.get_weights())
    losses = by_fit.fit(X, Y, batch_size=12, epochs=3, verbose=0).history["loss"]
    step = hornlet.value_and_grad(by_hand.compute_loss_and_updates, has_aux=True)
    trainable = values(by_hand.trainable_variables)
    rest = values(by_hand.non_trainable_variables)
    metrics = values(by_hand.metrics_variables)
    state = values(by_hand.optimizer.variables)
    before = by_hand.get_weights()
    for expected in losses:
        (loss, aux), gradients = step(
            trainable, rest, metrics, X, Y, None, training=True, optimizer_variables=state
        )
        unscaled, y_pred, rest, metrics = aux
        assert float(unscaled) == pytest.approx(expected, rel=1e-5)
        assert float(loss) == pytest.approx(expected * (8 if scaled else 1), rel=1e-5)
        assert y_pred.shape == (12, 2)
        trainable, state = by_hand.optimizer.stateless_apply(state, gradients, trainable)
    for a, b in zip(before, by_hand.get_weights()):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(trainable, by_fit.trainable_variables):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    for a, b in zip(rest, by_fit.non_trainable_variables):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("training", [False, True])
def test_the_loss_of_values_equals_keras(training):
    results, weights = [], None
    for k in (hornlet, keras):
        made = model(k, weights=weights)
        weights = made.get_weights()
        state = [
            values(v)
            for v in (
                made.trainable_variables, made.non_trainable_variables, made.metrics_variables,
            )
        ]  # fmt: skip
        loss, aux = made.compute_loss_and_updates(
            *state, X, Y, None, training=training,
            optimizer_variables=values(made.optimizer.variables),
        )  # fmt: skip
        alone, after = made.stateless_compute_loss(*state, x=X, y=Y, y_pred=aux[1])
        results.append([loss, *aux[:2], *aux[2], alone, *after[0]])
    assert len(results[0]) == len(results[1])
    for own, theirs in zip(*results):
        np.testing.assert_allclose(own, theirs, rtol=1e-4, atol=1e-6)


def test_state_trees_equal_keras_and_are_set_again():
    trees, weights = [], None
    for k in (hornlet, keras):
        made = model(k, weights=weights)
        weights = made.get_weights()
        made.fit(X, Y, batch_size=12, verbose=0)
        trees.append(made.get_state_tree("numpy_array"))
    own, theirs = (dict(hornlet.tree.flatten_with_path(tree)) for tree in trees)
    assert set(own) == set(theirs)
    for path, value in own.items():
        np.testing.assert_allclose(value, theirs[path], rtol=1e-3, atol=1e-4, err_msg=str(path))
    other = model(hornlet)
    other.evaluate(X, Y, verbose=0)
    other.set_state_tree(trees[0])
    again = dict(hornlet.tree.flatten_with_path(other.get_state_tree()))
    for path, value in own.items():
        np.testing.assert_array_equal(again[path], value)


def test_bad_trees():
    made = model(hornlet)
    with pytest.raises(ValueError, match="value_format"):
        made.get_state_tree("torch")
    with pytest.raises(ValueError, match="Unknown variable name: weights"):
        made.set_state_tree({"weights": {}})
    made.layers[2].kernel._path = made.layers[0].kernel.path
    with pytest.raises(ValueError, match="found twice"):
        made.get_state_tree()
