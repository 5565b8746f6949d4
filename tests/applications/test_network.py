"""Every architecture has Keras's layers and weights, and computes what Keras's computes."""

import jax
import keras
import numpy as np
import pytest
from keras.src.applications import imagenet_utils as keras_utils

import hornlet
from hornlet import applications
from hornlet.applications.network import obtain_input_shape
from hornlet.tensor.scope import ShapesOnly

NAMES = sorted(name for name in applications.__all__ if name[0].isupper())
HEADLESS = {"include_top": False}
# Architectures with arguments beside the defaults.
OPTIONS = [
    ("VGG16", {"pooling": "max", "input_shape": (32, 48, 1), **HEADLESS}),
    ("VGG19", {"classes": 3, "classifier_activation": None, "input_shape": (32, 32, 3)}),
    ("ResNet50", {"pooling": "max", "input_shape": (33, 47, 3), **HEADLESS}),
    ("ResNet50V2", {"pooling": "avg", **HEADLESS}),
    ("DenseNet121", {"pooling": "max", "input_shape": (33, 47, 3), **HEADLESS}),
    ("Xception", {"pooling": "avg", "input_shape": (71, 71, 3), **HEADLESS}),
    ("InceptionV3", {"pooling": "max", "input_shape": (75, 75, 4), **HEADLESS}),
    ("InceptionResNetV2", {"pooling": "avg", **HEADLESS}),
    ("MobileNet", {"alpha": 0.5, "depth_multiplier": 2, "classes": 7, "name": "mine"}),
    ("MobileNet", {"pooling": "avg", **HEADLESS}),
    ("MobileNetV2", {"alpha": 1.4, "input_shape": (96, 96, 3), "classes": 5}),
    ("MobileNetV2", {"alpha": 0.35, **HEADLESS}),
    ("MobileNetV3Small", {"minimalistic": True, "input_shape": (33, 32, 3), "alpha": 1.3}),
    ("MobileNetV3Large", {"include_preprocessing": False, "dropout_rate": 0.0}),
    ("MobileNetV3Large", {"pooling": "max", "alpha": 0.75, **HEADLESS}),
    ("EfficientNetB0", {"pooling": "avg", "input_shape": (33, 32, 3), **HEADLESS}),
    ("EfficientNetV2B0", {"include_preprocessing": False, **HEADLESS}),
    ("EfficientNetV2B0", {"input_shape": (32, 32, 1)}),
    ("NASNetMobile", {"pooling": "max", **HEADLESS}),
    ("ConvNeXtTiny", {"include_preprocessing": False, "pooling": "avg", **HEADLESS}),
    ("ConvNeXtTiny", {"input_shape": (33, 40, 1), "name": "mine"}),
]


def one_in_three(rows):
    """Rows to build whole networks from; the others are for `make test-long`."""
    return [pytest.param(x, marks=[pytest.mark.long] * (i % 3 > 0)) for i, x in enumerate(rows)]


def facts(model):
    """Names, classes and shapes of all layers and weights, in order."""
    return {
        "name": model.name,
        "output_shape": model.output_shape,
        "layers": [f"{x.name} {type(x).__name__} {tuple(x.output.shape)}" for x in model.layers],
        "weights": [f"{v.path} {tuple(v.shape)} {v.trainable}" for v in model.weights],
        "parameters": model.count_params(),
    }


def both(architecture, **options):
    """The facts of Keras's and of ours; neither takes memory for its weights."""
    keras.utils.clear_session(free_memory=False)
    hornlet.utils.clear_session(free_memory=False)
    with keras.StatelessScope(initialize_variables=False):
        theirs = getattr(keras.applications, architecture)(weights=None, **options)
    with ShapesOnly():
        ours = getattr(applications, architecture)(weights=None, **options)
    return facts(theirs), facts(ours)


def test_all_architectures_are_there():
    assert NAMES == [name for name in dir(keras.applications) if name[0].isupper()]


@pytest.mark.parametrize("name", one_in_three(NAMES))
def test_layers_and_weights_are_those_of_keras(name):
    theirs, ours = both(name)
    assert ours == theirs


@pytest.mark.parametrize("row", one_in_three(OPTIONS), ids=str)
def test_options_do_what_they_do_in_keras(row):
    name, options = row
    theirs, ours = both(name, **options)
    assert ours == theirs


@pytest.mark.parametrize(
    "name", ["VGG16", "ResNet50", "ResNet50V2", "InceptionV3", "MobileNetV2", "EfficientNetB0"]
)
def test_channels_may_come_first(name):
    for package in (keras, hornlet):
        package.config.set_image_data_format("channels_first")
    try:
        theirs, ours = both(name, input_shape=(3, 96, 80), include_top=False)
    finally:
        for package in (keras, hornlet):
            package.config.set_image_data_format("channels_last")
    assert ours == theirs


def predictions_agree(name, size, **options):
    """Both with the same weights, which keep all activations alive."""
    options = {"weights": None, "input_shape": (size, size, 3), **HEADLESS, **options}
    keras.utils.clear_session(free_memory=False)
    with keras.StatelessScope(initialize_variables=False):
        theirs = getattr(keras.applications, name)(**options)
    with ShapesOnly():
        ours = getattr(applications, name)(**options)
    rng = np.random.default_rng(0)
    weights = [_start(v.path, tuple(v.shape), rng) for v in theirs.weights]
    ours.set_weights(weights)
    x = rng.uniform(0, 255, (2, size, size, 3)).astype("float32")
    state = dict(zip((v.path for v in theirs.weights), weights))
    trainable = [state[v.path] for v in theirs.trainable_variables]
    others = [state.get(v.path, np.zeros(2, "uint32")) for v in theirs.non_trainable_variables]

    def predict(x):
        return theirs.stateless_call(trainable, others, x, training=False)[0]

    # One program, compiled in a hurry, is there much sooner than one for each operation.
    hurry = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
    expected = np.asarray(jax.jit(predict).lower(x).compile(compiler_options=hurry)(x))
    scale = np.abs(expected).max()
    assert np.isfinite(scale) and scale > 0
    np.testing.assert_allclose(ours.predict(x, verbose=0) / scale, expected / scale, atol=2e-4)


def _start(path, shape, rng):
    if path.endswith(("variance", "gamma")):
        return rng.uniform(0.5, 1.5, shape).astype("float32")
    fan_in = np.prod(shape[:-1]) if len(shape) > 1 else 100
    if path.endswith("depthwise_kernel") or "/depthwise" in path and len(shape) == 4:
        fan_in = np.prod(shape[:2])
    return (rng.normal(size=shape) / np.sqrt(fan_in)).astype("float32")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("MobileNet", {"alpha": 0.25, "include_top": True, "classes": 4}),
        ("MobileNetV2", {"alpha": 0.35}),
        ("MobileNetV3Small", {"pooling": "avg"}),
    ],
)
def test_predictions_are_those_of_keras(name, options):
    predictions_agree(name, 32, **options)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("VGG16", 32),
        ("ResNet50", 32),
        ("ResNet50V2", 32),
        ("DenseNet121", 32),
        ("Xception", 71),
        ("InceptionV3", 75),
        ("InceptionResNetV2", 75),
        ("EfficientNetB0", 32),
        ("EfficientNetV2B0", 32),
        ("NASNetMobile", 32),
        ("ConvNeXtTiny", 32),
    ],
)
def test_predictions_of_large_networks_are_those_of_keras(name, size):
    predictions_agree(name, size)


def test_weights_come_from_a_file(tmp_path):
    options = {"alpha": 0.25, "classes": 3, "input_shape": (32, 32, 3)}
    first = applications.MobileNet(weights=None, **options)
    path = tmp_path / "small.weights.h5"
    first.save_weights(path)
    second = applications.MobileNet(weights=path, **options)
    for a, b in zip(first.get_weights(), second.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["InceptionResNetV2", "ConvNeXtTiny"])
def test_configs_with_layers_of_their_own_come_back(name):
    with ShapesOnly():
        model = getattr(applications, name)(weights=None, **HEADLESS)
        again = hornlet.models.model_from_json(model.to_json())
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert [v.shape for v in again.weights] == [v.shape for v in model.weights]


@pytest.mark.parametrize(
    ("module", "name", "options"),
    [
        ("convnext", "LayerScale", {"init_values": 1e-6, "projection_dim": 4}),
        ("inception_resnet_v2", "CustomScaleLayer", {"scale": 0.5}),
    ],
)
def test_layers_of_their_own_are_filed_under_keras_s_names(module, name, options):
    theirs = getattr(getattr(keras.src.applications, module), name)(name="x", **options)
    ours = getattr(getattr(applications, module), name)(name="x", **options)
    wanted = keras.saving.serialize_keras_object(theirs)
    found = hornlet.saving.serialize_keras_object(ours)
    assert (found["module"], found["class_name"]) == (wanted["module"], wanted["class_name"])
    for key in options:
        assert found["config"][key] == wanted["config"][key]


def test_an_input_tensor_is_where_the_model_begins():
    with ShapesOnly():
        x = hornlet.Input((40, 40, 3))
        y = hornlet.layers.Rescaling(2.0)(x)
        model = applications.MobileNetV2(weights=None, input_tensor=y, include_top=False)
    assert model.inputs[0] is x
    kinds = [type(layer).__name__ for layer in model.layers[:3]]
    assert kinds == ["InputLayer", "Rescaling", "Conv2D"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "not downloaded.*'imagenet'"),
        ({"weights": "no_such.weights.h5"}, "no_such"),
        ({"weights": None, "input_shape": (16, 64, 3)}, "at least 32 by 32.*16"),
        ({"weights": None, "input_shape": (64, 3)}, "three sizes.*64"),
        ({"weights": None, "input_shape": (None, None, 3)}, "must be known.*None"),
        ({"weights": None, "include_top": False, "pooling": "mean"}, "pooling.*mean"),
        ({"weights": __file__, "classifier_activation": "relu"}, "classifier_activation.*relu"),
        ({"weights": None, "input_tensor": np.zeros((1, 32, 32, 3))}, "KerasTensor"),
    ],
)
def test_errors_say_what_was_wrong(options, words):
    with pytest.raises(ValueError, match=words):
        applications.ResNet50(**options)


def test_some_families_need_the_channels_last():
    hornlet.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(ValueError, match="channels_last"):
            applications.ConvNeXtTiny(weights=None)
    finally:
        hornlet.config.set_image_data_format("channels_last")


@pytest.mark.parametrize("weights", [None, "imagenet"])
@pytest.mark.parametrize("side", [224, None])
@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("shape", [
    None, (224, 224, 3), (100, 90, 3), (None, 64, 3), (64, 64, 4), (3, 32, 3), (8, 8),
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:.* channels")
def test_the_shape_of_a_picture_is_keras_s(shape, flat, side, weights):
    def ask(function):
        try:
            return function(shape, side, 32, "channels_last", flat, weights=weights)
        except ValueError:
            return ValueError

    assert ask(obtain_input_shape) == ask(keras_utils.obtain_input_shape)
