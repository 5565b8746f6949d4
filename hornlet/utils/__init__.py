"""keras.utils: public helpers, gathered from the rooms they live in."""

from hornlet.base.config import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from hornlet.base.dtypes import standardize_dtype
from hornlet.base.registry import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from hornlet.base.serialization import deserialize_keras_object, serialize_keras_object
from hornlet.callbacks.progbar import Progbar
from hornlet.tensor.seed_generator import set_seed as set_random_seed
from hornlet.tensor.keras_tensor import is_keras_tensor
from hornlet.training.data_utils import pack_x_y_sample_weight, unpack_x_y_sample_weight
from hornlet.training.py_dataset import PyDataset
from hornlet.utils import bounding_boxes, legacy
from hornlet.utils.dataset import Dataset
from hornlet.utils.feature_space import FeatureSpace
from hornlet.utils.files import get_file
from hornlet.utils.folders import (
    audio_dataset_from_directory,
    image_dataset_from_directory,
    text_dataset_from_directory,
)
from hornlet.utils.graph import get_source_inputs
from hornlet.utils.image import array_to_img, img_to_array, load_img, save_img
from hornlet.utils.model_picture import model_to_dot, plot_model
from hornlet.utils.numerical import normalize, to_categorical
from hornlet.utils.sequences import pad_sequences, timeseries_dataset_from_array
from hornlet.tensor.session import clear_session
from hornlet.utils.settings import Config
from hornlet.utils.splitting import split_dataset

Sequence = PyDataset

__all__ = [
    "Config",
    "CustomObjectScope",
    "Dataset",
    "FeatureSpace",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "bounding_boxes",
    "audio_dataset_from_directory",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "legacy",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
