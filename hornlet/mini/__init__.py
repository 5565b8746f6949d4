"""mini-Keras: the small Sequential interface this project began with, on the same engine."""

import hornlet.mini.activations as activations
import hornlet.mini.losses as losses
import hornlet.mini.metrics as metrics
from hornlet.mini.layer import Layer
from hornlet.mini.sequential import Sequential

__all__ = ["Layer", "Sequential", "activations", "losses", "metrics"]
