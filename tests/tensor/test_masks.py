"""Masks of arrays: kept as long as the array, and quietly dropped at the end of a process."""

import sys

import numpy as np

from hornlet.tensor import masks


def test_a_mask_goes_with_its_array():
    before = len(masks._table)
    x = np.ones(3)
    masks.set_mask(x, "mask")
    assert masks.get_mask(x) == "mask" and len(masks._table) == before + 1
    del x
    assert len(masks._table) == before


def test_an_array_that_outlives_the_module(monkeypatch):
    found = []
    monkeypatch.setattr(sys, "unraisablehook", found.append)
    x = np.ones(3)
    masks.set_mask(x, "mask")
    monkeypatch.setattr(masks, "_table", None)  # as Python does with names when it ends
    del x
    assert not found
