"""Where hornlet's public names differ from Keras's: for good, with reasons, or not written yet."""

# A pattern of paths and why they differ for good.
EXCEPTIONS = {
    "keras.layers.FlaxLayer": "wraps modules of Flax, which compute on JAX arrays only",
    "keras.layers.JaxLayer": "wraps functions of JAX, which compute on JAX arrays only",
    "keras.layers.TFSMLayer": "runs a TensorFlow SavedModel, which needs TensorFlow",
    "keras.layers.TorchModuleWrapper": "wraps modules of torch, which compute on torch tensors",
    "keras.export.ExportArchive": "collects TensorFlow functions into a SavedModel",
    "keras.callbacks.OrbaxCheckpoint.*": "saves JAX's arrays; making one says what to use instead",
    "keras.callbacks.TensorBoard.summary": "is TensorFlow's module, which is not needed here",
    "keras.name_scope": "names the arguments that Keras's passes on unnamed",
    "keras.KerasTensor.ragged_rank": "ragged tensors are TensorFlow's; there are none here",
    "keras.KerasTensor.row_splits_dtype": "ragged tensors are TensorFlow's; there are none here",
    "keras.Model.jax_state_sync": "JAX keeps a second copy of the state; here there is one",
    "keras.Model.fit": "`resume` stands after Keras's arguments: training goes on where it was",
    "keras.callbacks.ModelCheckpoint": "`keep` stands after Keras's arguments: the last so many",
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
UNWRITTEN: dict[str, str] = {}
