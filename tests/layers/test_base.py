"""The protocol of Layer: building, arguments, masks, losses, dtypes, config, errors."""

import warnings

import numpy as np
import pytest

import hornlet
from hornlet import layers, ops
from hornlet.layers.call import signature
from hornlet.tensor.masks import get_mask

keras = pytest.importorskip("keras")
ONES = np.ones((2, 3), "float32")


class Scale(layers.Layer):
    """A layer in plain NumPy."""

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1],), "ones", name="w")

    def call(self, x):
        return np.tanh(x) * self.w


def test_builds_from_the_first_call():
    layer = Scale()
    assert not layer.built and layer.weights == []
    y = layer(ONES)
    np.testing.assert_allclose(y, np.tanh(ONES), rtol=1e-6)
    assert layer.built and layer.get_build_config() == {"input_shape": (2, 3)}
    assert layer.path == layer.name and layer.w.path == f"{layer.name}/w"


def test_symbol_builds_with_unknown_batch():
    layer = Scale()
    y = layer(hornlet.Input((3,)))
    assert y.shape == (None, 3) and y.dtype == "float32"
    assert layer.get_build_config() == {"input_shape": (None, 3)}


def test_sublayers_build_in_a_symbolic_call_without_the_batch():
    class Outer(layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner = [layers.Dense(4), layers.Dense(2)]

        def call(self, x):
            for layer in self.inner:
                x = layer(x)
            return x

    outer = Outer()
    assert outer(hornlet.Input((3,))).shape == (None, 2)
    assert [layer._build_shapes_dict["input_shape"] for layer in outer.inner] == [
        (None, 3),
        (None, 4),
    ]
    by_shape = Outer()
    by_shape.build((None, 3))
    assert [w.shape for w in by_shape.weights] == [(3, 4), (4,), (4, 2), (2,)]


def test_asking_for_a_shape_builds_nothing():
    layer = layers.Dense(4)
    assert layer.compute_output_shape((None, 3)) == (None, 4)
    assert layer.compute_output_shape((2, 7, 1 << 40)) == (2, 7, 4)
    assert not layer.built and not layer.weights
    both = layers.Bidirectional(layers.LSTM(2))
    assert both.compute_output_shape((None, 5, 3)) == (None, 4) and not both.built


def test_plain_numpy_layer_trains():
    model = hornlet.Sequential([hornlet.Input((3,)), Scale(), layers.Dense(1)])
    model.compile("sgd", "mse")
    before = model.layers[0].w.numpy()
    model.fit(ONES, np.zeros((2, 1)), verbose=0)
    assert not np.array_equal(model.layers[0].w.numpy(), before)


def test_shapes_go_to_build_by_name():
    class Two(layers.Layer):
        def build(self, b_shape, a_shape):
            self.seen = (a_shape, b_shape)

        def call(self, a, b):
            return a + ops.sum(b)

    layer = Two()
    layer(np.ones((2, 3)), np.ones((4, 5)))
    assert layer.seen == ((2, 3), (4, 5))
    assert layer.get_build_config() == {"shapes_dict": {"b_shape": (4, 5), "a_shape": (2, 3)}}

    class Wrong(layers.Layer):
        def build(self, left, right):
            pass

        def call(self, a, b):
            return a

    with pytest.raises(ValueError, match="_shape"):
        Wrong()(ONES, ONES)


def test_training_flows_down_and_back_up():
    seen = []

    class Leaf(layers.Layer):
        def call(self, x, training=None):
            seen.append(training)
            return x

    class Middle(layers.Layer):
        def __init__(self):
            super().__init__()
            self.first, self.second = Leaf(), Leaf()

        def call(self, x):
            return self.second(self.first(x, training=True))

    middle = Middle()
    middle(ONES)
    middle(ONES, training=False)
    assert seen == [True, None, True, False]


def test_order_of_weights_is_that_of_keras():
    def build(k):
        class Both(k.layers.Layer):
            def __init__(self):
                super().__init__(name="both")
                self.norm = k.layers.BatchNormalization(name="norm")
                self.dense = {"b": k.layers.Dense(2, name="b"), "a": k.layers.Dense(3, name="a")}

            def build(self, shape):
                self.n = self.add_weight((2,), "zeros", trainable=False, name="n")
                self.t = self.add_weight((3,), "zeros", name="t")
                self.norm.build(shape)
                for layer in self.dense.values():
                    layer.build(shape)

            def call(self, x):
                return x

        layer = Both()
        layer.build((None, 3))
        return layer

    ours, theirs = build(hornlet), build(keras)
    for name in ("weights", "trainable_weights", "non_trainable_weights", "variables"):
        paths = [v.path for v in getattr(ours, name)]
        assert paths == [v.path for v in getattr(theirs, name)], name
    names = [x.name for x in theirs._flatten_layers()]
    assert [x.name for x in ours._flatten_layers()] == names
    ours.trainable = theirs.trainable = False
    assert len(ours.trainable_weights) == len(theirs.trainable_weights) == 0
    assert [v.path for v in ours.weights] == [v.path for v in theirs.weights]


def test_masks_travel_between_eager_calls():
    x = np.array([[1, 2, 0]])
    y = layers.Embedding(4, 2, mask_zero=True)(x)
    np.testing.assert_array_equal(get_mask(y), [[True, True, False]])
    z = layers.Dropout(0.5)(y, training=False)
    np.testing.assert_array_equal(get_mask(z), [[True, True, False]])
    with pytest.warns(UserWarning, match="does not support masking"):
        Scale()(y)


def test_masks_of_several_inputs_go_by_name():
    seen = {}

    class Takes(layers.Layer):
        def call(self, a, b, a_mask=None, b_mask=None):
            seen.update(a=a_mask, b=b_mask)
            return a + b

    embedding = layers.Embedding(4, 2, mask_zero=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Takes()(embedding(np.array([[1, 0]])), np.zeros((1, 2, 2), "float32"))
    assert seen["b"] is None
    np.testing.assert_array_equal(seen["a"], [[True, False]])


def test_losses():
    class Penalty(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    layer = Penalty(activity_regularizer=hornlet.regularizers.L1(1.0))
    layer(ONES)
    assert [float(x) for x in layer.losses] == [6.0, 3.0]
    layer(2 * ONES)
    assert [float(x) for x in layer.losses] == [12.0, 6.0]
    layer(hornlet.Input((3,)))
    dense = layers.Dense(2, kernel_initializer="ones", kernel_regularizer="l2")
    dense(ONES)
    np.testing.assert_allclose(dense.losses, [0.01 * 6], rtol=1e-6)
    with pytest.raises(ValueError, match="add_loss"):
        layer.add_loss("three")


def test_dtypes():
    half = layers.Dense(2, dtype="mixed_float16")
    y = half(ONES)
    assert y.dtype == "float16" and half.kernel.array.dtype == "float32"
    assert half.compute_dtype == "float16" and half.dtype == half.variable_dtype == "float32"
    assert layers.Dense(2, dtype="float64")(ONES).dtype == "float64"
    assert layers.Dense(2)(np.ones((2, 3))).dtype == "float32"
    assert layers.Dense(2)(np.ones((2, 3), "int64")).dtype == "float32"
    hornlet.config.set_dtype_policy("float64")
    assert layers.Dense(2).dtype == "float64"


def make_custom(k):
    class Custom(k.layers.Layer):
        def __init__(self, units, rate=0.5, **kwargs):
            super().__init__(**kwargs)
            self.anything = units

    class Bare(k.layers.Layer):
        def __init__(self, units):
            super().__init__()

    class Own(k.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    return Custom(3, name="c"), Bare(4), Own(5, name="o", trainable=False, dtype="float16")


def test_configs_of_custom_layers_equal_those_of_keras():
    for ours, theirs in zip(make_custom(hornlet), make_custom(keras)):
        assert ours.get_config() == theirs.get_config()
        again = type(ours).from_config(ours.get_config())
        assert again.get_config() == ours.get_config()


def test_config_that_cannot_be_derived():
    class Custom(layers.Layer):
        def __init__(self, thing):
            super().__init__()

    with pytest.raises(NotImplementedError, match="get_config"):
        Custom(object()).get_config()


def test_stateless_call_leaves_the_layer_alone():
    layer = layers.BatchNormalization()
    layer.build((None, 3))
    x = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
    trainable = [v.numpy() for v in layer.trainable_variables]
    rest = [v.numpy() for v in layer.non_trainable_variables]
    _, new = layer.stateless_call(trainable, rest, x, training=True)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), 0)
    assert not np.allclose(new[0], 0)


def both_raise(error, action):
    for k in (hornlet, keras):
        with pytest.raises(error):
            action(k)


ERRORS = {
    "too few axes": (ValueError, lambda k: k.layers.Dense(2)(np.ones(3, "float32"))),
    "another width": (
        ValueError,
        lambda k: (d := k.layers.Dense(2), d(ONES), d(np.ones((2, 4), "float32"))),
    ),
    "an unknown keyword": (ValueError, lambda k: k.layers.Dense(2, unit=3)),
    "a name with a slash": (ValueError, lambda k: k.layers.Dense(2, name="a/b")),
    "trainable that is no boolean": (ValueError, lambda k: k.layers.Dense(2, trainable="yes")),
    "a number as positional argument": (ValueError, lambda k: k.layers.Dense(2)("text")),
    "count_params before build": (ValueError, lambda k: k.layers.Dense(2).count_params()),
    "an unknown initializer": (
        ValueError,
        lambda k: k.layers.Dense(2, kernel_initializer="glorot"),
    ),
    "an unknown dtype": (ValueError, lambda k: k.layers.Dense(2, dtype="float31")),
    "set_weights of another number": (
        ValueError,
        lambda k: (d := k.layers.Dense(2), d(ONES), d.set_weights([])),
    ),
    "set_weights of another shape": (
        ValueError,
        lambda k: (d := k.layers.Dense(2), d(ONES), d.set_weights([np.ones(2), np.ones(2)])),
    ),
    "unknown dimension of a weight": (
        ValueError,
        lambda k: k.layers.Layer().add_weight((None, 2)),
    ),
    "no output before a call": (AttributeError, lambda k: k.layers.Dense(2).output),
    "call not defined": (NotImplementedError, lambda k: k.layers.Layer()(ONES)),
}


@pytest.mark.parametrize("case", ERRORS, ids=lambda name: name.replace(" ", "_"))
def test_errors_are_of_keras_types(case):
    both_raise(*ERRORS[case])


def test_forgotten_super():
    class Forgets(layers.Layer):
        def __init__(self):
            pass

        def call(self, x):
            return x

    with pytest.raises(RuntimeError, match="super"):
        Forgets()(ONES)


def test_state_is_locked_after_build():
    layer = layers.Dense(2)
    layer(ONES)
    with pytest.raises(ValueError, match="already built"):
        layer.extra = layers.Dense(3)
    with pytest.raises(ValueError, match="already built"):
        layer.add_weight((2,))


def test_signature_without_inspect():
    def f(a, b=2, *rest, c, d=4, **more):
        pass

    sign = signature(f)
    assert sign.names == ("a", "b", "c", "d") and sign.positional == 2
    assert sign.defaults == {"b": 2, "d": 4}
    assert (sign.varargs, sign.varkw) == ("rest", "more")
    given = sign.bind((1,), {"c": 3, "e": 5}, "f()")
    assert given == {"a": 1, "c": 3, "more": {"e": 5}}
    with pytest.raises(TypeError, match="missing"):
        sign.bind((1,), {}, "f()")
    with pytest.raises(TypeError, match="multiple values"):
        sign.bind((1,), {"a": 1, "c": 3}, "f()")


def test_a_build_may_call_the_bases_first():
    """The base's build leaves the sublayers to a subclass that has a build of its own."""

    class Scaled(hornlet.Layer):
        def __init__(self):
            super().__init__()
            self.dense = hornlet.layers.Dense(2)

        def build(self, input_shape):
            super().build(input_shape)
            self.dense.build(input_shape)

        def call(self, x):
            return 2 * self.dense(x)

    assert Scaled()(np.ones((3, 4), "float32")).shape == (3, 2)
    assert len(hornlet.Sequential([hornlet.Input((4,)), Scaled()]).weights) == 2
