"""Bad arguments and inputs of layers: errors of Keras's types that say what was wrong."""

import numpy as np
import pytest

from hornlet import layers

BAD = [
    (lambda: layers.RandomZoom(2.0), ValueError, "height_factor"),
    (lambda: layers.RandomRotation(0.1, fill_mode="refect"), NotImplementedError, "fill_mode"),
    (lambda: layers.RandomFlip("diagonal"), ValueError, "mode"),
    (lambda: layers.RandomFlip()(np.ones((2, 3))), ValueError, "rank"),
    (lambda: layers.Dense(0), ValueError, "units"),
    (lambda: layers.Dense(2.5), ValueError, "units"),
    (lambda: layers.Dense(2, activation="rleu"), ValueError, "relu"),
    (lambda: layers.Dense(2, kernel_initializer="glorot"), ValueError, "glorot"),
    (lambda: layers.Dense(2)(np.ones(3)), ValueError, "min_ndim"),
    (lambda: layers.Conv2D(3, 0), ValueError, "kernel_size"),
    (lambda: layers.Conv2D(3, 1, groups=None), ValueError, "groups"),
    (lambda: layers.Conv2D(None, 1)(np.ones((1, 2, 2, 3))), ValueError, "filters"),
    (lambda: layers.Conv2D(3, (1, 2, 3)), ValueError, "kernel_size"),
    (lambda: layers.Conv2D(3, 2, padding="sme"), ValueError, "same"),
    (lambda: layers.Conv2D(3, 2, strides=2, dilation_rate=2), ValueError, "strides"),
    (lambda: layers.Conv2D(3, 2, data_format="last"), ValueError, "data_format"),
    (lambda: layers.Conv2D(3, 5)(np.ones((1, 3, 3, 1))), ValueError, "kernel"),
    (lambda: layers.Conv2D(4, 2, groups=3), ValueError, "groups"),
    (lambda: layers.MaxPooling2D(0), ValueError, "pool_size"),
    (lambda: layers.Dropout(1.5), ValueError, "rate"),
    (lambda: layers.Reshape((2, 2))(np.ones((1, 3))), ValueError, "target_shape"),
    (lambda: layers.Permute((0, 1)), ValueError, "dims"),
    (lambda: layers.RepeatVector("3"), TypeError, "integer"),
    (lambda: layers.RepeatVector(True), TypeError, "integer"),
    (lambda: layers.UpSampling1D(2.0), TypeError, "size"),
    (lambda: layers.UpSampling1D((2,)), TypeError, "size"),
    (lambda: layers.UpSampling1D(0), ValueError, "size"),
    (lambda: layers.Cropping1D(3)(np.ones((1, 4, 1))), ValueError, "cropping"),
    (lambda: layers.Add()(np.ones((2, 3))), ValueError, "list of inputs"),
    (lambda: layers.Add()([np.ones((2, 3)), np.ones((2, 4))]), ValueError, "incompatible"),
    (lambda: layers.Concatenate()([np.ones((2, 3)), np.ones((3, 4))]), ValueError, "matching"),
    (lambda: layers.Dot(axes=1)([np.ones((2, 3)), np.ones((2, 4))]), ValueError, "Incompatible"),
    (lambda: layers.Attention()(np.ones((2, 3, 4))), ValueError, "list"),
    (lambda: layers.MultiHeadAttention(0, 3), ValueError, "num_heads"),
    (lambda: layers.BatchNormalization(axis=3)(np.ones((2, 3))), ValueError, "axis|Axis"),
    (lambda: layers.GroupNormalization(3)(np.ones((2, 4))), ValueError, "multiple"),
    (lambda: layers.LayerNormalization(axis="last"), TypeError, "axis"),
    (lambda: layers.Embedding(-1, 3), ValueError, "input_dim"),
    (lambda: layers.EinsumDense("ab,bc", 3)(np.ones((2, 3))), ValueError, "equation"),
    (lambda: layers.Normalization().adapt([1.0, 2.0]), TypeError, "float"),
    (lambda: layers.Normalization().adapt([[1.0, 2.0], [3.0, 4.0]]), TypeError, "np.array"),
    (lambda: layers.Normalization(mean=1.0), ValueError, "variance"),
    (lambda: layers.deserialize({"class_name": "Dence", "config": {}, "module": "keras.layers",
                                 "registered_name": None}), Exception, "Dence"),
    (lambda: layers.Lambda.from_config({"function": {"class_name": "__lambda__", "config": {}}}),
     ValueError, "lambda"),
]  # fmt: skip


@pytest.mark.parametrize("bad", range(len(BAD)))
def test_errors(bad):
    function, kind, words = BAD[bad]
    with pytest.raises(kind, match=words):
        function()
