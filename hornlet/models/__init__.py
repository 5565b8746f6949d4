"""keras.models."""

from hornlet.models.cloning import clone_model
from hornlet.models.functional import Functional
from hornlet.models.graph import Function
from hornlet.models.model import Model, model_from_json
from hornlet.models.sequential import Sequential
from hornlet.saving.api import load_model, save_model

__all__ = [
    "Function", "Functional", "Model", "Sequential", "clone_model", "load_model",
    "model_from_json", "save_model",
]  # fmt: skip
