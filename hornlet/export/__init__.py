"""Models for others to run: predictions as ONNX files and as programs of NumPy alone."""

from hornlet.export.api import export_model

__all__ = ["export_model"]
