"""Pipeline: a chain of preprocessing layers, for data rather than for a model."""

from __future__ import annotations

from typing import Any

from hornlet.base import nest
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.layers.base import Layer
from hornlet.layers.rnn import takes_argument
from hornlet.tensor.masks import get_mask


@register("keras.layers")
class Pipeline(Layer):
    """Call layers one after another on the same data.

    It is no model: no shapes are known ahead, so layers may take and return anything, such as
    strings or dictionaries of pictures with their boxes.

    Args:
        layers: list of layers.

    Call arguments: `inputs`; `training` and `mask`, for the layers that take them.

    >>> pipeline = keras.layers.Pipeline(
    ...     [keras.layers.Rescaling(0.5), keras.layers.CenterCrop(2, 2)])
    >>> pipeline(np.ones((1, 4, 4, 3))).shape
    (1, 2, 2, 3)
    """

    def __init__(self, layers: Any, name: str | None = None):
        super().__init__(name=name)
        self._pipeline_layers = layers
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    @property
    def layers(self) -> Any:
        """The layers, in order."""
        return self._pipeline_layers

    def call(self, inputs: Any, training: bool = True, mask: Any = None) -> Any:
        for layer in self._pipeline_layers:
            kwargs = {"mask": mask} if takes_argument(layer, "mask") else {}
            if training is not None and takes_argument(layer, "training"):
                kwargs["training"] = training
            inputs = layer(inputs, **kwargs)
            mask = nest.map_structure(get_mask, inputs)
        return inputs

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        layers = config.get("layers")
        if not isinstance(layers, (list, tuple)):
            raise ValueError(
                "The config of a `Pipeline` must have a list of layers under `layers`. Received: "
                f"layers={layers}"
            )
        layers = [deserialize_keras_object(x) for x in layers]
        return cls(**{**config, "layers": layers})

    def get_config(self) -> dict[str, Any]:
        layers = [serialize_keras_object(layer) for layer in self._pipeline_layers]
        return {"layers": layers, "name": self.name}
