"""Files of layers adapted by LoRA: they hold the layer without it, both ways with Keras."""

import keras
import numpy as np
import pytest

import hornlet

LAYERS = {
    "Conv1D": (lambda layers: layers.Conv1D(3, 2, strides=2), (2, 7, 4)),
    "Conv2D without bias": (lambda layers: layers.Conv2D(3, 2, use_bias=False), (2, 5, 5, 4)),
    "Conv2D in groups": (lambda layers: layers.Conv2D(4, 2, groups=2), (2, 5, 5, 4)),
    "Conv3D": (lambda layers: layers.Conv3D(3, (1, 2, 2)), (1, 3, 4, 4, 2)),
    "Dense": (lambda layers: layers.Dense(3), (2, 4)),
}


def model_of(room, case, rank=None):
    make, shape = LAYERS[case]
    layer = make(room.layers)
    model = room.Sequential([room.Input(shape[1:]), layer])
    if rank:
        layer.enable_lora(rank, lora_alpha=3.0)
        numbers = np.random.default_rng(0)
        for part in (layer.lora_kernel_a, layer.lora_kernel_b):
            part.assign(numbers.normal(size=tuple(part.shape)).astype("float32"))
    return model


@pytest.mark.parametrize("case", LAYERS)
@pytest.mark.parametrize(
    ("source", "target"), [(hornlet, hornlet), (hornlet, keras), (keras, hornlet)],
    ids=["ours", "to Keras", "from Keras"],
)  # fmt: skip
@pytest.mark.parametrize("rank", [None, 2])
def test_a_file_holds_the_layer_without_lora(case, source, target, rank, tmp_path):
    path = tmp_path / "adapted.weights.h5"
    adapted = model_of(source, case, rank=2)
    adapted.save_weights(path)
    other = model_of(target, case, rank=rank)
    other.load_weights(path)
    x = np.random.default_rng(1).normal(size=LAYERS[case][1]).astype("float32")
    y, expected = np.asarray(other(x)), np.asarray(adapted(x))
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    if rank:
        assert not np.any(np.asarray(other.layers[0].lora_kernel_b))


def test_a_model_with_lora_comes_back_from_its_file(tmp_path):
    model = model_of(hornlet, "Conv2D in groups", rank=2)
    model.save(tmp_path / "adapted.keras")
    again = hornlet.models.load_model(tmp_path / "adapted.keras")
    assert again.layers[0].lora_enabled and again.layers[0].lora_alpha == 3.0
    x = np.ones((1, 5, 5, 4), "float32")
    np.testing.assert_allclose(again(x), model(x), rtol=1e-5)
