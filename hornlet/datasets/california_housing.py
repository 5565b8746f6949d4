"""California housing: 20,640 districts with 8 attributes and the median price of a house."""

from __future__ import annotations

from hornlet.datasets import cache, housing

ATTRIBUTES = (
    "MedInc",
    "HouseAge",
    "AveRooms",
    "AveBedrms",
    "Population",
    "AveOccup",
    "Latitude",
    "Longitude",
)


def load_data(
    version: str = "large",
    path: str = "california_housing.npz",
    test_split: float = 0.2,
    seed: int | None = 113,
) -> tuple:
    """The prices of houses in California by the census of 1990.

    Args:
        version: "large", or "small" for the first 600 districts.
        path: name of the file in the cache folder (`~/.keras/datasets`); downloaded if missing.
        test_split: share of the samples kept for testing.
        seed: of the order of the samples.

    Returns:
        ``((x_train, y_train), (x_test, y_test))``: the attributes of `ATTRIBUTES`, of the shape
        ``(n, 8)``, and prices in dollars.

    Reference: Pace, Barry: Sparse spatial autoregressions, 1997.

    >>> keras.datasets.california_housing.load_data("huge")
    Traceback (most recent call last):
        ...
    ValueError: Argument `version` must be 'small' or 'large'. Received: version='huge'
    """
    cache.check_test_split(test_split)
    if version not in ("small", "large"):
        raise ValueError(
            f"Argument `version` must be 'small' or 'large'. Received: version={version!r}"
        )
    digest = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
    rows = 600 if version == "small" else None
    return housing.load(path, "california_housing.npz", digest, test_split, seed, rows)
