"""Where hornlet's public names differ from Keras's: for good, with reasons, or not written yet."""

# A pattern of paths and why they differ for good.
EXCEPTIONS = {
    "keras.layers.FlaxLayer": "wraps modules of Flax, which compute on JAX arrays only",
    "keras.layers.JaxLayer": "wraps functions of JAX, which compute on JAX arrays only",
    "keras.layers.TFSMLayer": "runs a TensorFlow SavedModel, which needs TensorFlow",
    "keras.layers.TorchModuleWrapper": "wraps modules of torch, which compute on torch tensors",
    "keras.export.ExportArchive": "collects TensorFlow functions into a SavedModel",
    "keras.KerasTensor.ragged_rank": "ragged tensors are TensorFlow's; there are none here",
    "keras.KerasTensor.row_splits_dtype": "ragged tensors are TensorFlow's; there are none here",
    "keras.Model.jax_state_sync": "JAX keeps a second copy of the state; here there is one",
    "keras.Model.*_step": "Keras's own form without JAX's explicit state: `train_step(self, data)`",
    "keras.layers.*.convert_weight": "converts weights between Keras's backends; there is one",
    "keras.layers.*.compute_output_shape": "the base infers it by tracing `call` itself",
    "keras.layers.*.compute_output_spec": "the base infers it by tracing `call` itself",
    "keras.optimizers.*.update_step": "one `update_step` serves all, with the base's names",
    "keras.datasets.fashion_mnist.load_data": "takes a folder of idx files too, as mnist does",
    "keras.optimizers.*.build": "one `build` serves all, with the base's name of its argument",
    "keras.layers.*.transform_*": "all have one form, in which `transformation` may be left out",
    "keras.layers.RandomGrayscale.get_*": "has the form of all layers on pictures, of `data`",
    "keras.mixed_precision.*.build": "one `build` serves all, with the base's name of its argument",
}

# Names that are still to be written, or whose arguments are still to be set right, by the place
# that has them. A name that comes to exist must be taken off, so that this can only shrink.
UNWRITTEN = {
    "keras": "Variable distillation name_scope",
    "keras.KerasTensor": "reshape",
    "keras.Model": "get_quantization_layer_structure quantize save_weights",
    "keras.callbacks.OrbaxCheckpoint": "is_multihost_enabled is_primary_host wait_until_finished",
    "keras.callbacks.TensorBoard": "summary",
    "keras.config": (
        "disable_flash_attention enable_flash_attention enable_unsafe_deserialization "
        "is_flash_attention_enabled is_nnx_enabled set_backend"
    ),
    "keras.distillation": "DistillationLoss Distiller FeatureDistillation LogitsDistillation",
    "keras.layers.Bidirectional": "compute_mask",
    "keras.layers.Conv1D": "convolution_op",
    "keras.layers.Conv2D": "convolution_op",
    "keras.layers.Conv3D": "convolution_op",
    "keras.layers.ConvLSTM1D": "compute_mask from_config",
    "keras.layers.ConvLSTM2D": "compute_mask from_config",
    "keras.layers.ConvLSTM3D": "compute_mask from_config",
    "keras.layers.GRU": "from_config",
    "keras.layers.GRUCell": (
        "get_dropout_mask get_recurrent_dropout_mask reset_dropout_mask "
        "reset_recurrent_dropout_mask"
    ),
    "keras.layers.LSTM": "from_config",
    "keras.layers.LSTMCell": (
        "get_dropout_mask get_recurrent_dropout_mask reset_dropout_mask "
        "reset_recurrent_dropout_mask"
    ),
    "keras.layers.Maximum": "call",
    "keras.layers.MelSpectrogram": "linear_to_mel_weight_matrix",
    "keras.layers.Minimum": "call",
    "keras.layers.MultiHeadAttention": "dropout key_dim num_heads use_bias",
    "keras.layers.Multiply": "call",
    "keras.layers.Pipeline": "from_config",
    "keras.layers.RNN": "compute_mask",
    "keras.layers.SimpleRNN": "from_config",
    "keras.layers.SimpleRNNCell": (
        "call get_dropout_mask get_recurrent_dropout_mask reset_dropout_mask "
        "reset_recurrent_dropout_mask"
    ),
    "keras.layers.SpectralNormalization": "normalized_weights",
    "keras.layers.StackedRNNCells": "call",
    "keras.optimizers": "legacy",
    "keras.optimizers.legacy": "Adagrad Adam Ftrl Optimizer RMSprop SGD",
    "keras.tree": "assert_same_structure",
}
