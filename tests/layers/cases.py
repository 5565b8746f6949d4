"""One row per layer: how it is made, and the shapes it is called on. The laws run over every row.

A row makes its layer from the module `layers` it is handed, hornlet's or Keras's.
"""

import keras
import numpy as np

from hornlet.base.registry import register_keras_serializable

CASES = []


@keras.saving.register_keras_serializable("tests")
@register_keras_serializable("tests")
def squared(x, add=0.0):
    return x * x + add


class Case:
    def __init__(self, make, inputs, options):
        self.make = make
        self.inputs = inputs
        self.integers = options.pop("integers", None)  # inputs are integers below this
        self.random = options.pop("random", False)  # draws random numbers in training
        self.spread = options.pop("spread", False)  # inputs are separate arguments of the call
        self.smooth = options.pop("smooth", True)  # has a gradient a difference can check
        self.symbolic = options.pop("symbolic", True)
        self.call = options.pop("call", {})  # further arguments of the call
        self.mask = options.pop("mask", None)  # shape of a mask, or a list of them
        self.model = options.pop("model", not (self.spread or self.call or self.mask))
        self.file = options.pop("file", True)
        assert not options, options

    def args(self, dtype="float64", seed=0):
        random = np.random.default_rng(seed)

        def draw(shape):
            if self.integers:
                return random.integers(0, self.integers, shape).astype("int32")
            return random.normal(size=shape).astype(dtype)

        several = isinstance(self.inputs, list)
        xs = [draw(shape) for shape in (self.inputs if several else [self.inputs])]
        return xs if several else xs[0]

    def kwargs(self):
        if self.mask is None:
            return dict(self.call)

        def draw(shape):
            mask = np.random.default_rng(1).uniform(size=shape) < 0.6
            mask[:, 0] = True
            return mask

        several = isinstance(self.mask, list)
        mask = [draw(shape) for shape in self.mask] if several else draw(self.mask)
        return {**self.call, "mask": mask}

    @property
    def name(self):
        """The class's name, read off the lambda."""
        return self.make.__code__.co_names[0]

    def __repr__(self):
        same = [c for c in CASES if c.name == self.name]
        return self.name if len(same) == 1 else f"{self.name}-{same.index(self)}"


def case(make, inputs, **options):
    CASES.append(Case(make, inputs, options))


# core
case(lambda layers: layers.Dense(3, "relu"), inputs=(4, 5))
case(lambda layers: layers.Dense(3, use_bias=False, kernel_regularizer="l2"), inputs=(2, 4, 5))
case(
    lambda layers: layers.Dense(
        2,
        "tanh",
        kernel_initializer="he_normal",
        bias_initializer="ones",
        kernel_constraint="max_norm",
        activity_regularizer="l1",
    ),
    (3, 2),
)
case(lambda layers: layers.Dense(4, lora_rank=2), inputs=(4, 5), smooth=False, file=False)
case(lambda layers: layers.Activation("tanh"), inputs=(4, 5))
case(lambda layers: layers.Identity(), inputs=(4, 5))
case(lambda layers: layers.Masking(), inputs=(2, 3, 4))
case(lambda layers: layers.Lambda(squared, arguments={"add": 1.5}), inputs=(4, 5))
case(lambda layers: layers.Embedding(7, 3), inputs=(2, 4), integers=7)
case(
    lambda layers: layers.Embedding(7, 3, mask_zero=True, embeddings_regularizer="l2"),
    (2, 4),
    integers=7,
)
case(
    lambda layers: layers.Embedding(7, 3, lora_rank=2),
    inputs=(2, 4),
    integers=7,
    smooth=False,
    file=False,
)
case(lambda layers: layers.EinsumDense("ab,bc->ac", 3, "relu", bias_axes="c"), inputs=(4, 5))
case(lambda layers: layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), inputs=(2, 3, 4))
case(lambda layers: layers.EinsumDense("...x,xy->...y", 3, bias_axes="y"), inputs=(2, 3, 4))
case(lambda layers: layers.EinsumDense("ab...,bc->ac...", 3, bias_axes="c"), inputs=(2, 3, 4))
case(lambda layers: layers.EinsumDense("abc,cde->abde", (3, 2, 3), bias_axes="de"), (2, 3, 4))

# activation layers
case(lambda layers: layers.ReLU(), inputs=(4, 5))
case(lambda layers: layers.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2), inputs=(4, 5))
case(lambda layers: layers.LeakyReLU(), inputs=(4, 5))
case(lambda layers: layers.PReLU(), inputs=(4, 5))
case(lambda layers: layers.PReLU("ones", shared_axes=[1]), inputs=(2, 3, 4))
case(lambda layers: layers.ELU(0.5), inputs=(4, 5))
case(lambda layers: layers.Softmax(), inputs=(4, 5))
case(lambda layers: layers.Softmax(axis=[1, 2]), inputs=(2, 3, 4), mask=(2, 3, 4))

# convolution
case(lambda layers: layers.Conv1D(3, 2), inputs=(2, 6, 4))
case(lambda layers: layers.Conv1D(4, 3, padding="causal", dilation_rate=2, groups=2), (2, 6, 4))
case(lambda layers: layers.Conv1D(3, 3, strides=2, padding="same", activation="relu"), (2, 7, 2))
case(lambda layers: layers.Conv2D(3, 2, activation="tanh"), inputs=(2, 5, 4, 2))
case(
    lambda layers: layers.Conv2D(
        4, (3, 2), strides=(2, 1), padding="same", groups=2, use_bias=False
    ),
    inputs=(2, 5, 4, 2),
)
case(lambda layers: layers.Conv2D(2, 2, dilation_rate=2), inputs=(1, 5, 5, 2))
case(lambda layers: layers.Conv2D(3, 2, data_format="channels_first"), inputs=(2, 2, 5, 4))
case(lambda layers: layers.Conv3D(2, 2), inputs=(1, 3, 4, 3, 2))
case(lambda layers: layers.Conv3D(2, 3, strides=2, padding="same"), inputs=(1, 3, 4, 3, 2))
case(lambda layers: layers.Conv1DTranspose(3, 3, strides=2), inputs=(2, 4, 2))
case(
    lambda layers: layers.Conv1DTranspose(3, 3, padding="same", data_format="channels_first"),
    (2, 3, 4),
)
case(lambda layers: layers.Conv2DTranspose(3, 2, strides=2, padding="same"), inputs=(2, 3, 4, 2))
case(lambda layers: layers.Conv2DTranspose(3, 3, strides=2, output_padding=1), inputs=(1, 3, 3, 2))
case(lambda layers: layers.Conv3DTranspose(2, 2, strides=2), inputs=(1, 2, 2, 3, 2))
case(lambda layers: layers.DepthwiseConv1D(3, depth_multiplier=2), inputs=(2, 6, 3))
case(
    lambda layers: layers.DepthwiseConv2D(3, padding="same", activation="relu"), inputs=(2, 5, 4, 3)
)
case(
    lambda layers: layers.DepthwiseConv2D(2, strides=2, depth_multiplier=2, use_bias=False),
    (1, 5, 4, 2),
)
case(lambda layers: layers.SeparableConv1D(4, 3, depth_multiplier=2), inputs=(2, 6, 3))
case(lambda layers: layers.SeparableConv2D(4, 2, padding="same"), inputs=(2, 5, 4, 3))

# pooling
case(lambda layers: layers.MaxPooling1D(), inputs=(2, 6, 3))
case(lambda layers: layers.MaxPooling1D(3, 2, "same"), inputs=(2, 6, 3))
case(lambda layers: layers.MaxPooling2D(), inputs=(2, 5, 4, 3))
case(lambda layers: layers.MaxPooling2D((2, 1), 1, "same", "channels_first"), inputs=(2, 3, 4, 5))
case(lambda layers: layers.MaxPooling3D(), inputs=(1, 4, 4, 2, 2))
case(lambda layers: layers.AveragePooling1D(2), inputs=(2, 6, 3))
case(lambda layers: layers.AveragePooling2D(2), inputs=(2, 5, 4, 3))
case(lambda layers: layers.AveragePooling2D(3, 2, "same"), inputs=(2, 5, 4, 3))
case(lambda layers: layers.AveragePooling3D(2), inputs=(1, 4, 4, 2, 2))
case(lambda layers: layers.GlobalMaxPooling1D(), inputs=(2, 6, 3))
case(lambda layers: layers.GlobalMaxPooling2D(keepdims=True), inputs=(2, 4, 3, 3))
case(lambda layers: layers.GlobalMaxPooling3D("channels_first"), inputs=(2, 3, 2, 2, 2))
case(lambda layers: layers.GlobalAveragePooling1D(), inputs=(2, 6, 3))
case(lambda layers: layers.GlobalAveragePooling1D(keepdims=True), inputs=(2, 6, 3), mask=(2, 6))
case(lambda layers: layers.GlobalAveragePooling2D("channels_first"), inputs=(2, 3, 4, 3))
case(lambda layers: layers.GlobalAveragePooling3D(), inputs=(2, 2, 2, 2, 3))

# normalization
case(lambda layers: layers.BatchNormalization(), inputs=(6, 3))
case(lambda layers: layers.BatchNormalization(axis=1, momentum=0.8, scale=False), inputs=(3, 2, 4))
case(lambda layers: layers.BatchNormalization(), inputs=(3, 4, 2), mask=(3, 4))
case(
    lambda layers: layers.BatchNormalization(
        renorm=True, renorm_clipping={"rmax": 1.5, "dmax": 0.5}
    ),
    inputs=(6, 3),
    smooth=False,
)
case(lambda layers: layers.LayerNormalization(), inputs=(4, 5))
case(lambda layers: layers.LayerNormalization(axis=[1, 2], epsilon=1e-5, center=False), (2, 3, 4))
case(lambda layers: layers.GroupNormalization(2), inputs=(2, 3, 4))
case(lambda layers: layers.GroupNormalization(-1, axis=1, scale=False), inputs=(2, 3, 4))
case(lambda layers: layers.RMSNormalization(), inputs=(2, 3, 4))
case(lambda layers: layers.UnitNormalization(), inputs=(4, 5))
case(lambda layers: layers.UnitNormalization(axis=[1, 2]), inputs=(2, 3, 4))

# recurrence
case(lambda layers: layers.SimpleRNN(3), inputs=(2, 4, 2))
case(
    lambda layers: layers.SimpleRNN(3, return_sequences=True, go_backwards=True),
    (2, 4, 2),
    mask=(2, 4),
)
case(
    lambda layers: layers.SimpleRNN(3, dropout=0.3, recurrent_dropout=0.2, seed=3),
    (2, 4, 2),
    random=True,
)
case(lambda layers: layers.GRU(3), inputs=(2, 4, 2))
case(
    lambda layers: layers.GRU(3, reset_after=False, return_sequences=True),
    inputs=(2, 4, 2),
    mask=(2, 4),
)
case(
    lambda layers: layers.GRU(3, use_bias=False, unroll=True, return_state=True),
    inputs=(2, 4, 2),
    model=False,
)
case(
    lambda layers: layers.GRU(3, dropout=0.3, recurrent_dropout=0.2, reset_after=False),
    (2, 4, 2),
    random=True,
)
case(lambda layers: layers.LSTM(3), inputs=(2, 4, 2))
case(
    lambda layers: layers.LSTM(3, return_sequences=True, return_state=True, go_backwards=True),
    (2, 4, 2),
    model=False,
)
case(
    lambda layers: layers.LSTM(
        3,
        unit_forget_bias=False,
        activation="relu",
        recurrent_activation="hard_sigmoid",
        use_bias=False,
    ),
    inputs=(2, 4, 2),
    mask=(2, 4),
)
case(lambda layers: layers.LSTM(3, unroll=True), inputs=(2, 4, 2), mask=(2, 4))
case(lambda layers: layers.LSTM(3, dropout=0.3, recurrent_dropout=0.2), (2, 4, 2), random=True)
case(
    lambda layers: layers.LSTM(2, zero_output_for_mask=True, return_sequences=True),
    (2, 4, 2),
    mask=(2, 4),
)
case(lambda layers: layers.RNN(layers.SimpleRNNCell(3)), inputs=(2, 4, 2))
case(
    lambda layers: layers.RNN(layers.GRUCell(3), return_sequences=True),
    inputs=(2, 4, 2),
    mask=(2, 4),
)
case(
    lambda layers: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_state=True),
    (2, 4, 2),
    model=False,
)
case(
    lambda layers: layers.RNN(layers.StackedRNNCells([layers.LSTMCell(3), layers.LSTMCell(2)])),
    (2, 4, 2),
)
case(lambda layers: layers.Bidirectional(layers.LSTM(3)), inputs=(2, 4, 2))
case(
    lambda layers: layers.Bidirectional(layers.GRU(3, return_sequences=True), merge_mode="sum"),
    (2, 4, 2),
    mask=(2, 4),
)
case(
    lambda layers: layers.Bidirectional(
        layers.SimpleRNN(3, return_sequences=True), merge_mode=None
    ),
    inputs=(2, 4, 2),
    model=False,
)
case(
    lambda layers: layers.Bidirectional(layers.LSTM(3, return_state=True), merge_mode="ave"),
    inputs=(2, 4, 2),
    model=False,
)
case(lambda layers: layers.TimeDistributed(layers.Dense(3)), inputs=(2, 4, 2))
case(lambda layers: layers.TimeDistributed(layers.BatchNormalization()), inputs=(3, 2, 2))
case(lambda layers: layers.TimeDistributed(layers.Conv1D(2, 2)), inputs=(2, 3, 4, 2), mask=(2, 3))

# attention
case(lambda layers: layers.Attention(), inputs=[(2, 3, 4), (2, 5, 4)])
case(
    lambda layers: layers.Attention(use_scale=True, score_mode="concat"),
    inputs=[(2, 3, 4), (2, 5, 4), (2, 5, 4)],
)
case(
    lambda layers: layers.Attention(use_scale=True),
    inputs=[(2, 3, 4), (2, 5, 4)],
    call={"use_causal_mask": True, "return_attention_scores": True},
    mask=[(2, 3), (2, 5)],
)
case(lambda layers: layers.AdditiveAttention(), inputs=[(2, 3, 4), (2, 5, 4)])
case(lambda layers: layers.AdditiveAttention(use_scale=False), inputs=[(2, 3, 4), (2, 3, 4)])
case(lambda layers: layers.MultiHeadAttention(2, 3), inputs=[(2, 4, 6), (2, 5, 6)], spread=True)
case(
    lambda layers: layers.MultiHeadAttention(
        2, 3, value_dim=2, output_shape=5, use_bias=False, use_gate=True
    ),
    inputs=[(2, 4, 6), (2, 5, 4), (2, 5, 3)],
    spread=True,
    call={"return_attention_scores": True},
    symbolic=False,
)
case(
    lambda layers: layers.MultiHeadAttention(2, 3, sliding_window=2),
    inputs=[(2, 4, 6), (2, 4, 6)],
    spread=True,
    call={"use_causal_mask": True, "return_attention_scores": True},
)
case(
    lambda layers: layers.MultiHeadAttention(2, 2, attention_axes=(2,)),
    inputs=[(2, 3, 4, 6), (2, 3, 5, 6)],
    spread=True,
)
case(
    lambda layers: layers.MultiHeadAttention(2, 3, dropout=0.3),
    [(2, 4, 6), (2, 5, 6)],
    spread=True,
    random=True,
)
case(lambda layers: layers.GroupQueryAttention(3, 4, 2), inputs=[(2, 4, 6), (2, 5, 6)], spread=True)
case(
    lambda layers: layers.GroupQueryAttention(3, 4, 1, use_bias=False, use_gate=True),
    [(2, 4, 6), (2, 4, 6)],
    spread=True,
    call={"use_causal_mask": True},
)

# regularization
case(lambda layers: layers.Dropout(0.5), inputs=(4, 5), random=True)
case(lambda layers: layers.Dropout(0.5, noise_shape=(None, 1), seed=7), inputs=(4, 5), random=True)
case(lambda layers: layers.SpatialDropout1D(0.5), inputs=(2, 3, 4), random=True)
case(lambda layers: layers.SpatialDropout2D(0.5), inputs=(2, 3, 3, 4), random=True)
case(
    lambda layers: layers.SpatialDropout3D(0.5, data_format="channels_first"),
    (2, 4, 3, 2, 2),
    random=True,
)
case(lambda layers: layers.GaussianDropout(0.5), inputs=(4, 5), random=True)
case(lambda layers: layers.GaussianNoise(0.5), inputs=(4, 5), random=True)
case(lambda layers: layers.AlphaDropout(0.5), inputs=(4, 5), random=True)
case(lambda layers: layers.ActivityRegularization(l1=0.5, l2=0.1), inputs=(4, 5))

# reshaping
case(lambda layers: layers.Reshape((3, 2)), inputs=(4, 6))
case(lambda layers: layers.Reshape((-1, 2)), inputs=(4, 6))
case(lambda layers: layers.Flatten(), inputs=(2, 3, 4))
case(lambda layers: layers.Flatten("channels_first"), inputs=(2, 3, 4, 2))
case(lambda layers: layers.Permute((2, 1)), inputs=(2, 3, 4))
case(lambda layers: layers.RepeatVector(3), inputs=(2, 4))
case(lambda layers: layers.Cropping1D(), inputs=(2, 5, 3))
case(lambda layers: layers.Cropping2D(((1, 0), (2, 1))), inputs=(2, 4, 5, 2))
case(lambda layers: layers.Cropping3D(1, data_format="channels_first"), inputs=(1, 2, 3, 4, 3))
case(lambda layers: layers.ZeroPadding1D((1, 2)), inputs=(2, 3, 4))
case(lambda layers: layers.ZeroPadding2D((1, 2), "channels_first"), inputs=(2, 2, 3, 3))
case(lambda layers: layers.ZeroPadding3D(1), inputs=(1, 2, 2, 2, 2))
case(lambda layers: layers.UpSampling1D(3), inputs=(2, 3, 4))
case(lambda layers: layers.UpSampling2D((2, 3)), inputs=(2, 3, 2, 2))
case(lambda layers: layers.UpSampling2D(2, "channels_first", "bilinear"), inputs=(1, 2, 3, 2))
case(lambda layers: layers.UpSampling3D(), inputs=(1, 2, 2, 2, 2))

# merging
PAIR = [(2, 3, 4), (2, 3, 4)]
case(lambda layers: layers.Add(), inputs=[(2, 4), (2, 3, 4), (2, 3, 1)])
case(lambda layers: layers.Add(), inputs=PAIR)
case(lambda layers: layers.Subtract(), inputs=PAIR)
case(lambda layers: layers.Multiply(), inputs=PAIR)
case(lambda layers: layers.Average(), inputs=[*PAIR, (2, 3, 4)])
case(lambda layers: layers.Maximum(), inputs=PAIR)
case(lambda layers: layers.Minimum(), inputs=PAIR)
case(lambda layers: layers.Concatenate(), inputs=[(2, 3, 4), (2, 3, 2)])
case(lambda layers: layers.Concatenate(axis=1), inputs=[(2, 3, 4), (2, 1, 4)])
case(lambda layers: layers.Dot(axes=1), inputs=[(2, 4), (2, 4)])
case(lambda layers: layers.Dot(axes=(1, 2), normalize=True), inputs=[(2, 3, 5), (2, 4, 3)])
case(lambda layers: layers.Dot(axes=-1), inputs=[(2, 2, 3, 5), (2, 5)])

# preprocessing
case(lambda layers: layers.Rescaling(0.5, offset=1.0), inputs=(4, 5))
case(lambda layers: layers.Normalization(), inputs=(4, 5))
case(
    lambda layers: layers.Normalization(axis=1, mean=[1.0, 2.0], variance=[4.0, 0.5], invert=True),
    (3, 2, 4),
)
case(lambda layers: layers.CenterCrop(2, 3), inputs=(2, 5, 4, 2))
case(lambda layers: layers.CenterCrop(5, 4), inputs=(2, 4, 4, 2))
case(lambda layers: layers.Resizing(4, 3), inputs=(2, 5, 4, 2))
case(lambda layers: layers.Resizing(2, 6, "nearest"), inputs=(2, 4, 3, 2))
case(lambda layers: layers.RandomFlip(), inputs=(2, 5, 4, 2), random=True, call={"training": False})
case(
    lambda layers: layers.RandomTranslation(0.2, (-0.1, 0.3)),
    (2, 5, 4, 2),
    random=True,
    call={"training": False},
)
case(
    lambda layers: layers.RandomRotation(0.2, seed=1),
    inputs=(2, 5, 4, 2),
    random=True,
    call={"training": False},
)
case(
    lambda layers: layers.RandomZoom(0.2),
    inputs=(2, 5, 4, 2),
    random=True,
    call={"training": False},
)

# more pooling, recurrence and encoding
case(lambda layers: layers.AdaptiveAveragePooling1D(3), inputs=(2, 7, 3))
case(lambda layers: layers.AdaptiveAveragePooling2D((2, 3), "channels_first"), inputs=(1, 2, 5, 4))
case(lambda layers: layers.AdaptiveAveragePooling3D(2), inputs=(1, 3, 4, 3, 2))
case(lambda layers: layers.AdaptiveMaxPooling1D((3,)), inputs=(2, 7, 3))
case(lambda layers: layers.AdaptiveMaxPooling2D(2), inputs=(2, 5, 4, 3))
case(lambda layers: layers.AdaptiveMaxPooling3D((2, 1, 2)), inputs=(1, 3, 4, 3, 2))
case(lambda layers: layers.ConvLSTM1D(3, 2, padding="same"), inputs=(2, 3, 4, 2))
case(
    lambda layers: layers.ConvLSTM2D(
        2, (2, 3), strides=(1, 2), return_sequences=True, return_state=True, go_backwards=True,
        data_format="channels_first", unit_forget_bias=False,
    ),
    inputs=(2, 3, 2, 4, 5),
    model=False,
)  # fmt: skip
case(
    lambda layers: layers.ConvLSTM2D(2, 2, dilation_rate=2, use_bias=False, activation="relu"),
    (1, 2, 4, 4, 2),
)
case(lambda layers: layers.ConvLSTM2D(2, 2, dropout=0.3, recurrent_dropout=0.2, seed=1),
     (1, 3, 4, 4, 2), random=True)  # fmt: skip
case(lambda layers: layers.ConvLSTM3D(2, 2), inputs=(1, 2, 3, 3, 3, 2))
case(
    lambda layers: layers.SpectralNormalization(layers.Dense(3), power_iterations=2),
    inputs=(4, 5),
    smooth=False,
)
case(lambda layers: layers.SpectralNormalization(layers.Conv2D(3, 2)), (1, 4, 4, 2), smooth=False)
case(lambda layers: layers.ReversibleEmbedding(7, 3, mask_zero=True), inputs=(2, 4), integers=7)
case(
    lambda layers: layers.ReversibleEmbedding(
        7, 3, tie_weights=False, logit_soft_cap=0.5, reverse_dtype="float32"
    ),
    inputs=(2, 4, 3),
    call={"reverse": True},
    smooth=False,
)
case(lambda layers: layers.Pipeline([layers.Rescaling(0.5), layers.ReLU()]), inputs=(4, 5))
case(lambda layers: layers.CategoryEncoding(5, "count"), inputs=(4, 3), integers=5)
case(lambda layers: layers.CategoryEncoding(5), inputs=(4, 3), integers=5)
case(lambda layers: layers.CategoryEncoding(5, "one_hot"), inputs=(4, 1), integers=5)
case(lambda layers: layers.Discretization([-0.5, 0.0, 1.0]), inputs=(4, 3), smooth=False)
case(
    lambda layers: layers.Discretization([-0.5, 1.0], output_mode="multi_hot"),
    inputs=(4, 3),
    smooth=False,
)

# pictures and sounds
STILL = {"training": False}
case(lambda layers: layers.AutoContrast((-3, 3)), inputs=(2, 4, 3, 3), smooth=False)
# Keras gives the input itself as the symbol of this output, which no model takes.
case(lambda layers: layers.Equalization((-3, 3), bins=8), (2, 4, 3, 2), smooth=False, file=False)
case(
    lambda layers: layers.ContrastLimitedAdaptiveHistogramEqualization((-3, 3), 2.0, (2, 2)),
    inputs=(1, 5, 4, 2),
    smooth=False,
)
case(lambda layers: layers.RandomBrightness(0.2, (0, 1), 1), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomContrast((0.1, 0.5)), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomColorDegeneration(0.5), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomColorJitter((0, 1), 0.1, 0.2, 0.3, 0.4), (2, 4, 3, 3),
     random=True, call=STILL)  # fmt: skip
case(lambda layers: layers.RandomErasing(fill_value=0), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomElasticTransform(0.8), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomGaussianBlur(sigma=0.5), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomGrayscale(0.4), (6, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomHue(0.3), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomInvert(0.9), (6, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomPerspective(0.9, 0.5), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomPosterization((1, 7), (-9, 9)), (6, 4, 3, 3), random=True,
     call=STILL)  # fmt: skip
case(lambda layers: layers.RandomSaturation((0.2, 0.6)), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomSharpness(0.7), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomShear(0.2, (0.1, 0.3)), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandomCrop(2, 2, seed=3), (2, 4, 3, 3), call=STILL, symbolic=False)
case(lambda layers: layers.Solarization(0.3, 0.4, (-1, 1)), (2, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.MixUp(0.5), (4, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.CutMix(0.5), (4, 4, 3, 3), random=True, call=STILL)
case(lambda layers: layers.RandAugment((-2, 2), 1, 0.4), (2, 4, 3, 3), random=True, call=STILL)
case(
    lambda layers: layers.AugMix((-2, 2), 2, 1, all_ops=False, alpha=0.5),
    inputs=(2, 4, 3, 3),
    random=True,
    call=STILL,
)
case(lambda layers: layers.MaxNumBoundingBoxes(3), inputs=(2, 4, 3, 3))
case(
    lambda layers: layers.MelSpectrogram(16, 4, num_mel_bins=4, top_db=300.0),
    inputs=(2, 40),
    smooth=False,
)
case(
    lambda layers: layers.MelSpectrogram(16, 5, 12, power_to_db=False, mag_exp=1.0, num_mel_bins=3),
    (2, 40),
)
case(lambda layers: layers.STFTSpectrogram(frame_length=8), inputs=(2, 20, 2))
case(
    lambda layers: layers.STFTSpectrogram(
        "stft", 8, 3, 16, None, True, "spectrum", "same", True, "channels_first"
    ),
    inputs=(2, 2, 20),
)
case(lambda layers: layers.STFTSpectrogram("psd", 8, window="hamming"), inputs=(2, 20, 2))
