"""Boston housing: 506 prices with 13 attributes, one of which should make users think twice."""

from __future__ import annotations

from hornlet.datasets import cache, housing


def load_data(
    path: str = "boston_housing.npz", test_split: float = 0.2, seed: int | None = 113
) -> tuple:
    """The Boston housing prices of 1978.

    The attribute "B" was built on the assumption that segregation by race raises prices. Use the
    set to speak about this, and `california_housing` for everything else.

    Args:
        path: name of the file in the cache folder (`~/.keras/datasets`); downloaded if missing.
        test_split: share of the samples kept for testing.
        seed: of the order of the samples.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: attributes of the shape ``(n, 13)`` and prices
        in thousands of dollars, both float64.

    Reference: Harrison, Rubinfeld: Hedonic prices and the demand for clean air, 1978.

    >>> keras.datasets.boston_housing.load_data(test_split=1.5)
    Traceback (most recent call last):
        ...
    ValueError: Argument `test_split` must be at least 0 and below 1. Received: 1.5
    """
    cache.check_test_split(test_split)
    digest = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"
    return housing.load(path, "boston_housing.npz", digest, test_split, seed)
