"""keras.legacy.saving: objects in the form that Keras 2 wrote them in."""

from hornlet.utils.legacy import deserialize_keras_object, serialize_keras_object

__all__ = ["deserialize_keras_object", "serialize_keras_object"]
