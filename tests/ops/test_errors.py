"""Bad input: each a clear error of Keras's type that says what was received."""

import numpy as np
import pytest

from hornlet import KerasTensor, ops
from hornlet.engine.compiled import Compiled
from hornlet.engine.tape import GradientTape

ONES = np.ones((2, 3), "float32")

ROWS = [
    (lambda: ops.exp(np.array(["a"])), ValueError, "must hold numbers"),
    (lambda: ops.exp(np.array([None])), ValueError, "must hold numbers"),
    (lambda: ops.convert_to_tensor([[1, 2], [3]]), ValueError, "differ in length"),
    (lambda: ops.cast(ONES, "float31"), ValueError, "float31"),
    (lambda: ops.zeros((2,), dtype="nothing"), ValueError, "nothing"),
    (lambda: ops.convert_to_tensor(ONES, sparse=True), ValueError, "sparse"),
    (lambda: ops.add(ONES, np.ones(4)), ValueError, r"\(2, 3\)"),
    (lambda: ops.sum(ONES, axis=2), ValueError, "out of bounds"),
    (lambda: ops.sum(ONES, axis=(0, 0)), ValueError, "twice"),
    (lambda: ops.argmax(ONES, axis=5), ValueError, "out of bounds"),
    (lambda: ops.max(np.ones((0, 3))), ValueError, "empty"),
    (lambda: ops.argmin(np.ones((0, 3)), axis=0), ValueError, "empty"),
    (lambda: ops.reshape(ONES, (4, 2)), ValueError, "Cannot reshape"),
    (lambda: ops.reshape(ONES, (-1, 4)), ValueError, "Cannot reshape"),
    (lambda: ops.transpose(ONES, (0, 0)), ValueError, "axes"),
    (lambda: ops.squeeze(ONES, 0), ValueError, "squeeze"),
    (lambda: ops.broadcast_to(ONES, (3, 3)), ValueError, "broadcast"),
    (lambda: ops.concatenate([ONES, np.ones((3, 2))], axis=0), ValueError, "agree"),
    (lambda: ops.concatenate([]), ValueError, "at least one"),
    (lambda: ops.stack([ONES, np.ones(3)]), ValueError, "one shape"),
    (lambda: ops.split(ONES, 2, axis=1), ValueError, "equal"),
    (lambda: ops.pad(ONES, 1, mode="mirror"), ValueError, "mode"),
    (lambda: ops.matmul(ONES, ONES), ValueError, r"\(2, 3\)"),
    (lambda: ops.tensordot(ONES, ONES, 1), ValueError, "size"),
    (lambda: ops.einsum("ij,jk->ik", ONES, ONES), ValueError, "index 'j'"),
    (lambda: ops.einsum("ij->iz", ONES), ValueError, "'z'"),
    (lambda: ops.take(ONES, np.array([0.5]), axis=0), ValueError, "integers"),
    (lambda: ops.get_item(ONES, (0, 0, 0)), IndexError, "Too many"),
    (lambda: ops.get_item(ONES, 7), IndexError, "out of bounds"),
    (lambda: ops.where(ONES > 0, ONES), ValueError, "both"),
    (lambda: ops.bitwise_and(ONES, ONES), TypeError, "float32"),
    (lambda: ops.quantile(ONES, 0.5, method="middle"), ValueError, "method"),
    (lambda: ops.histogram(ONES), ValueError, "one axis"),
    (lambda: ops.softmax(ONES, axis=3), ValueError, "out of bounds"),
    (lambda: ops.eye(np.array(3.0)), TypeError, "must be an integer"),
    (lambda: ops.slice(ONES, (0, 0, 0), (1, 1)), ValueError, "one position per axis"),
    (lambda: ops.unstack(KerasTensor((2, None)), axis=1), ValueError, "Cannot infer"),
    (lambda: ops.categorical_crossentropy(ONES, ONES[:1]), ValueError, "same shape"),
    (lambda: ops.sparse_categorical_crossentropy(np.zeros(3, int), ONES), ValueError, "same shape"),
    (lambda: ops.binary_crossentropy(ONES, ONES[:1]), ValueError, "same shape"),
    (lambda: ops.conv(np.ones((1, 4, 3)), np.ones((2, 2, 1))), ValueError, "channels"),
    (lambda: ops.conv(np.ones((1, 4, 3)), np.ones((5, 3, 1))), ValueError, "larger"),
    (lambda: ops.conv(np.ones((4, 3)), np.ones((5, 3, 1))), ValueError, "rank"),
    (lambda: ops.conv(np.ones((1, 4, 3)), np.ones((2, 3, 1)), 1, "all"), ValueError, "padding"),
    (lambda: ops.conv(np.ones((1, 4, 3)), np.ones((2, 3, 1)), 0), ValueError, "strides"),
    (lambda: ops.max_pool(np.ones((1, 4, 3)), 5), ValueError, "larger"),
    (lambda: ops.max_pool(np.ones((1, 4, 3)), (2, 2)), ValueError, "pool_size"),
    (lambda: ops.batch_normalization(ONES, np.ones(2), np.ones(3), -1), ValueError, "mean"),
    (lambda: ops.dot_product_attention(ONES, ONES, ONES), ValueError, "4D"),
    (lambda: ops.one_hot(np.zeros(2, int), 3, sparse=True), ValueError, "sparse"),
    (lambda: ops.top_k(ONES, 4), ValueError, "k"),
    (lambda: ops.segment_sum(ONES, np.zeros((2, 2), int)), ValueError, "1-D"),
    (lambda: ops.norm(ONES, "abc", axis=(0, 1)), ValueError, "abc"),
    (lambda: ops.image.resize(ONES, (2, 2)), ValueError, "rank"),
    (lambda: ops.image.resize(np.ones((2, 2, 1)), (0, 2)), ValueError, "positive"),
    (lambda: ops.image.resize(np.ones((2, 2, 1)), (2, -1)), ValueError, "positive"),
    (lambda: ops.image.extract_patches(np.ones((4, 4, 1)), "2"), TypeError, "size"),
    (lambda: ops.image.extract_patches(np.ones((4, 4, 1)), (2, 2, 2, 2)), ValueError, "size"),
    (lambda: ops.image.pad_images(np.ones((4, 4, 1)), 1, 1, target_height=4, target_width=9),
     ValueError, "bottom_padding"),
    (lambda: ops.image.resize(np.ones((2, 2, 1)), (2, 2), "cubist"), ValueError, "cubist"),
    (lambda: ops.image.pad_images(np.ones((2, 2, 1)), 1), ValueError, "exactly two"),
    (lambda: ops.rearrange(ONES, "a b -> a c"), ValueError, "same axes"),
    (lambda: ops.rearrange(ONES, "a b c -> a"), ValueError, "names 3 axes"),
    (lambda: ops.scan(3, ONES), TypeError, "callable"),
    (lambda: ops.fold(ONES, 2, 2), ValueError, "rank 3"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "words"), ROWS, ids=range(len(ROWS)))
def test_error(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_custom_gradient_replaces_the_derivative():
    @ops.custom_gradient
    def twice(x, y):
        return x * y, lambda upstream: (upstream * 10.0, upstream * 20.0)

    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    with GradientTape() as tape:
        tape.watch(x)
        tape.watch(y)
        z = ops.sum(twice(x, y))
    dx, dy = tape.gradient(z, [x, y])
    np.testing.assert_allclose(dx, [10.0, 10.0])
    np.testing.assert_allclose(dy, [20.0, 20.0])


def test_numpy_functions_on_traced_values_are_ops():
    def function(x):
        y = np.concatenate([x, np.flip(x, 0)], axis=0)
        return np.mean(np.where(y > 0, y, 0.1 * y), axis=0, keepdims=True) + x[::-1, None].sum()

    x = np.array([[1.0, -2.0], [3.0, 4.0]])
    np.testing.assert_allclose(Compiled(function)(x), function(x))


def test_choice_at_run_time():
    def function(x):
        big = ops.cond(ops.sum(x) > 1, lambda: x * 2, lambda: x - 1)
        return ops.switch(ops.argmax(x), [lambda v: v, lambda v: -v], big)

    compiled = Compiled(function)
    for x in (np.array([1.0, 2.0]), np.array([0.5, 0.1])):
        np.testing.assert_allclose(compiled(x), function(x))


def test_loop_at_run_time():
    def function(x):
        return ops.while_loop(lambda v: ops.sum(v) < 100, lambda v: (v * 2,), (x,))[0]

    compiled = Compiled(function)
    for x in (np.array([1.0, 2.0]), np.array([60.0, 10.0])):
        np.testing.assert_allclose(compiled(x), function(x))
