"""The residual network of 50 layers, under the module name that older programs import."""

from hornlet.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
