"""Data sets of the texts, pictures and sounds in a folder."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import standardize_data_format
from hornlet.utils.dataset import Dataset
from hornlet.utils.directory import check_arguments, make_datasets
from hornlet.utils.image import COLOR_MODES, img_to_array, load_img
from hornlet.utils.sound import read_wav

PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


def image_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: list[str] | None = None,
    color_mode: str = "rgb",
    batch_size: int | None = 32,
    image_size: Any = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    interpolation: str = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: str | None = None,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """A data set of the pictures in a folder, by default with the folders in it as classes.

    Args:
        directory: the folder.
        labels: "inferred" from the folders' names, None, or one label for each file in the order
            of their paths.
        label_mode: "int" for numbers, "categorical" for one-hot rows, "binary" for 0.0 and 1.0 of
            the shape ``(n, 1)``, None for no labels.
        class_names: the folders that count, in the order of their numbers.
        color_mode: "rgb", "rgba" or "grayscale".
        batch_size: pictures in a batch, None for single ones.
        image_size: height and width that pictures are brought to, or one number for both.
        shuffle: whether they come in a new order at every epoch; else in that of their paths.
        seed: of the order.
        validation_split: share of the files that is for validation.
        subset: "training" or "validation" for one part of such a split, "both" for a list of two.
        interpolation: "bilinear", "nearest", "bicubic", "lanczos3" or "lanczos5".
        follow_links: whether links to folders are followed.
        crop_to_aspect_ratio, pad_to_aspect_ratio: keep the proportions, by cutting off what
            stands out or by filling up with black.
        data_format: "channels_last" or "channels_first".
        format: accepted for compatibility: the data set is one of this library.
        verbose: whether to print how many files there are.

    Returns:
        A `Dataset` (see there for its methods) with `class_names` and `file_paths`, of pictures
        float32 from 0 to 255, or of pairs of pictures and labels.

    Raises:
        ValueError: wrong arguments, or no pictures.

    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> for name in ("cat", "dog"):
    ...     os.mkdir(os.path.join(folder, name))
    ...     keras.utils.save_img(os.path.join(folder, name, "1.png"), np.ones((4, 4, 3)))
    >>> data = keras.utils.image_dataset_from_directory(folder, image_size=(8, 8), verbose=False)
    >>> [(x.shape, y.shape) for x, y in data], data.class_names
    ([((2, 8, 8, 3), (2,))], ['cat', 'dog'])
    """
    check_arguments(
        labels, label_mode, class_names, validation_split, subset, shuffle, seed, format
    )
    if color_mode not in COLOR_MODES:
        raise ValueError(
            f"Argument `color_mode` must be one of {COLOR_MODES}. Received: {color_mode!r}"
        )
    size = (image_size, image_size) if isinstance(image_size, int) else image_size
    if not isinstance(size, (list, tuple)) or len(size) != 2:
        raise ValueError(
            f"Argument `image_size` must be two integers. Received: image_size={image_size}"
        )
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        raise ValueError(
            "Only one of `crop_to_aspect_ratio` and `pad_to_aspect_ratio` can be True. "
            "Received: both"
        )
    if interpolation.lower() not in ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5"):
        raise ValueError(
            "Argument `interpolation` must be 'bilinear', 'nearest', 'bicubic', 'lanczos3' or "
            f"'lanczos5'. Received: interpolation={interpolation!r}"
        )
    data_format = standardize_data_format(data_format)

    def load(path: str) -> np.ndarray:
        return ops.image.resize(
            img_to_array(load_img(path, color_mode), data_format, "float32"),
            tuple(size),
            interpolation=interpolation.lower(),
            crop_to_aspect_ratio=crop_to_aspect_ratio,
            pad_to_aspect_ratio=pad_to_aspect_ratio,
            data_format=data_format,
        )

    return make_datasets(
        directory, PICTURES, load, lambda data: _batches(data, batch_size), labels, label_mode,
        class_names, shuffle, seed, validation_split, subset, follow_links, verbose,
    )  # fmt: skip


def _batches(data: Dataset, batch_size: int | None) -> Dataset:
    return data.prefetch(2) if batch_size is None else data.batch(batch_size).prefetch(2)


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: list[str] | None = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """A data set of the `.txt` files in a folder, by default with the folders in it as classes.

    Args: as of `image_dataset_from_directory`, and
        max_length: of a text, in bytes; what follows is cut off.

    Returns:
        A `Dataset` of arrays of texts, or of pairs of these and labels. Before training its texts
        become numbers: ``data.map(lambda x, y: (vectorization(x), y))``.

    >>> import os, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> for name in ("good", "bad"):
    ...     os.mkdir(os.path.join(folder, name))
    ...     with open(os.path.join(folder, name, "1.txt"), "w") as file:
    ...         _ = file.write(f"a {name} film")
    >>> data = keras.utils.text_dataset_from_directory(folder, shuffle=False, verbose=False)
    >>> next(iter(data))
    (array(['a bad film', 'a good film'], dtype=object), array([0, 1], dtype=int32))
    """
    check_arguments(
        labels, label_mode, class_names, validation_split, subset, shuffle, seed, format
    )

    def load(path: str) -> str:
        with open(path, "rb") as file:
            return file.read(-1 if max_length is None else max_length).decode("utf-8", "ignore")

    return make_datasets(
        directory, (".txt",), load, lambda data: _batches(data, batch_size), labels, label_mode,
        class_names, shuffle, seed, validation_split, subset, follow_links, verbose,
    )  # fmt: skip


def audio_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: list[str] | None = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """A data set of the `.wav` files in a folder, by default with the folders in it as classes.

    Args: as of `image_dataset_from_directory`, and
        sampling_rate: samples per second that sounds are brought to (needs scipy); by default
            they stay as they are.
        output_sequence_length: samples that sounds are cut off at or filled up to with zeros; by
            default a batch's sounds are filled up to the longest.
        ragged: whether a batch is an array of arrays of different lengths instead.

    Returns:
        A `Dataset` of sounds float32 from -1 to 1 of the shape ``(n, samples, channels)``, or of
        pairs of these and labels.

    >>> import os, tempfile, wave
    >>> folder = tempfile.mkdtemp()
    >>> os.mkdir(os.path.join(folder, "bell"))
    >>> with wave.open(os.path.join(folder, "bell", "1.wav"), "wb") as file:
    ...     file.setparams((1, 2, 8000, 0, "NONE", ""))
    ...     file.writeframes(np.array([0, 16384], "<i2").tobytes())
    >>> data = keras.utils.audio_dataset_from_directory(folder, verbose=False)
    >>> [x.ravel() for x, y in data]
    [array([0. , 0.5], dtype=float32)]
    """
    check_arguments(labels, label_mode, class_names, validation_split, subset, shuffle, seed)
    if ragged and output_sequence_length is not None:
        raise ValueError(
            "Only one of `ragged` and `output_sequence_length` can be given. Received: "
            f"ragged={ragged}, output_sequence_length={output_sequence_length}"
        )
    if sampling_rate is not None and (not isinstance(sampling_rate, int) or sampling_rate <= 0):
        raise ValueError(
            "Argument `sampling_rate` must be a positive integer. "
            f"Received: sampling_rate={sampling_rate!r}"
        )

    def load(path: str) -> np.ndarray:
        return read_wav(path, sampling_rate, output_sequence_length)

    def batch(data: Dataset) -> Dataset:
        if batch_size is None:
            return data.prefetch(2)
        if ragged:
            return data.ragged_batch(batch_size).prefetch(2)
        return data.padded_batch(batch_size).prefetch(2)

    return make_datasets(
        directory, (".wav",), load, batch, labels, label_mode, class_names, shuffle, seed,
        validation_split, subset, follow_links, verbose,
    )  # fmt: skip
