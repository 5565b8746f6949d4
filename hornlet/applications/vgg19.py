"""The VGG network of 19 layers with weights."""

from __future__ import annotations

from hornlet.applications.imagenet_utils import decode_predictions, preprocessing
from hornlet.applications.vgg16 import family

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

VGG19 = family(__name__).variant("VGG19", "vgg19", 143_667_240, depths=(2, 2, 4, 4, 4))
preprocess_input = preprocessing(__name__, "caffe")
