"""keras.legacy: what older programs still ask for."""

from hornlet.legacy import saving

__all__ = ["saving"]
