"""Training: what `fit`, `evaluate` and `predict` do."""

from hornlet.training.data_utils import pack_x_y_sample_weight, unpack_x_y_sample_weight
from hornlet.training.py_dataset import PyDataset
from hornlet.training.trainer import Trainer

__all__ = ["PyDataset", "Trainer", "pack_x_y_sample_weight", "unpack_x_y_sample_weight"]
