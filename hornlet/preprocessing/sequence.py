"""keras.preprocessing.sequence: sequences brought to one length."""

from hornlet.utils.sequences import pad_sequences

__all__ = ["pad_sequences"]
