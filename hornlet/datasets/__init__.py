"""keras.datasets: the letters and words in the package, and readers for files the user has."""

from hornlet.datasets import emnist, fashion_mnist, letters, mnist, words

__all__ = ["emnist", "fashion_mnist", "letters", "mnist", "words"]
