"""keras.preprocessing: older places of helpers that live in `keras.utils`."""

from hornlet.preprocessing import image, sequence
from hornlet.utils.folders import image_dataset_from_directory, text_dataset_from_directory
from hornlet.utils.sequences import timeseries_dataset_from_array

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]
