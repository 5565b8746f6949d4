"""keras.datasets: data sets in Keras's cache folder, and the letters and words in the package."""

from hornlet.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    emnist,
    fashion_mnist,
    imdb,
    letters,
    mnist,
    reuters,
    words,
)

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "emnist",
    "fashion_mnist",
    "imdb",
    "letters",
    "mnist",
    "reuters",
    "words",
]
