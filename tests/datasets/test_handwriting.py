"""The letters and words in the package."""

import numpy as np
import pytest

from hornlet.datasets import letters, ocr, words

COUNTS = {"a": 4034, "d": 1442, "e": 4955, "g": 2472, "h": 861, "p": 1377}


def test_the_six_letters():
    (x_train, y_train), (x_test, y_test) = letters.load_data()
    assert x_train.shape == (12123, 28, 28) and x_test.shape == (3018, 28, 28)
    assert x_train.dtype == y_train.dtype == np.uint8
    counts = np.bincount(y_train) + np.bincount(y_test)
    assert counts.tolist() == list(COUNTS.values())
    assert x_train.max() == 255 and x_train.min() == 0


def test_labels_are_positions_in_the_argument():
    x, y = letters.load_folds([0], "ad")
    x_swapped, y_swapped = letters.load_folds([0], "da")
    assert np.array_equal(x, x_swapped) and np.array_equal(y, 1 - y_swapped)


def test_pictures_are_centred_and_smooth():
    x, _ = letters.load_folds([3], "p")
    rows, columns = x.any(axis=(0, 2)).nonzero()[0], x.any(axis=(0, 1)).nonzero()[0]
    assert (rows.min(), rows.max()) == (4, 23) and (columns.min(), columns.max()) == (8, 19)
    assert len(np.unique(x)) > 20


def test_enlarging_is_bilinear():
    image = pytest.importorskip("PIL.Image")
    pixels = ocr.read().pixels[:20]
    ours = ocr.render(pixels, 28)[:, 4:24, 8:20]
    for picture, source in zip(ours, pixels):
        theirs = image.fromarray(source * np.uint8(255)).resize((12, 20), image.BILINEAR)
        assert np.abs(picture.astype(int) - np.asarray(theirs, int)).max() <= 1


@pytest.mark.parametrize("size", [1, 7, 14, 28, 64])
def test_other_sizes(size):
    x, _ = letters.load_folds([9], "h", size)
    assert x.shape[1:] == (size, size) and x.any()


@pytest.mark.parametrize("given", ["", "aa", "aB", "a1", None, ["a"], 3])
def test_bad_letters(given):
    with pytest.raises(ValueError, match="letters"):
        letters.load_data(given)


@pytest.mark.parametrize("given", [0, -1, 2.5, "28", True, None])
def test_bad_sizes(given):
    with pytest.raises(ValueError, match="size"):
        letters.load_data("ad", given)


@pytest.mark.parametrize("given", [[10], [-1], "3", [1.5], [[1]]])
def test_bad_folds(given):
    for load in (letters.load_folds, words.load_folds):
        with pytest.raises(ValueError, match="folds"):
            load(given)


def test_words_hold_every_letter_once():
    parts = words.load_data()
    data = ocr.read()
    assert sum(len(y) for _, y in parts) == 6877
    assert sum((y >= 0).sum() for _, y in parts) == len(data.labels)
    for x, y in parts:
        assert x.shape == (*y.shape, 16, 8) and not x[y < 0].any()
        padding = (y < 0).astype(int)
        assert (np.diff(padding, axis=1) >= 0).all(), "filled up at the end only"
    x, y = words.load_folds(range(10))
    assert np.array_equal(y[y >= 0], data.labels)
    assert np.array_equal(x[y >= 0] // 255, data.pixels)


def test_no_word_stands_in_train_and_test():
    data = ocr.read()
    test = np.isin(data.fold, ocr.TEST_FOLDS)
    assert not set(data.word[test]) & set(data.word[~test])
