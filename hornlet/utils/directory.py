"""Folders of files, one folder for each class: what is in them, and a data set of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from hornlet.base.config import print_message
from hornlet.utils.dataset import Dataset
from hornlet.utils.numerical import to_categorical


class Index(NamedTuple):
    """Files, their labels (None for none), and the names of the classes."""

    paths: list[str]
    labels: np.ndarray | None
    class_names: list[str] | None


def check_arguments(
    labels: Any,
    label_mode: Any,
    class_names: Any,
    validation_split: Any,
    subset: Any,
    shuffle: bool,
    seed: Any,
    format: str = "tf",
) -> None:
    """What all makers of data sets from folders ask of their arguments."""
    if not (labels is None or isinstance(labels, (list, tuple)) or labels == "inferred"):
        raise ValueError(
            "Argument `labels` must be 'inferred' (from the names of the folders), None, or a "
            f"list of one label for each file. Received: labels={labels!r}"
        )
    if label_mode not in ("int", "categorical", "binary", None):
        raise ValueError(
            "Argument `label_mode` must be 'int', 'categorical', 'binary' or None. "
            f"Received: label_mode={label_mode!r}"
        )
    if class_names and labels != "inferred":
        raise ValueError(
            "Argument `class_names` can only be given with `labels='inferred'`. "
            f"Received: labels={labels!r}, class_names={class_names}"
        )
    if format not in ("tf", "grain"):
        raise ValueError(f"Argument `format` must be 'tf' or 'grain'. Received: format={format!r}")
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(
            "Argument `validation_split` must be between 0 and 1. "
            f"Received: validation_split={validation_split}"
        )
    if bool(validation_split) != bool(subset):
        raise ValueError(
            "Arguments `validation_split` and `subset` must be given together. Received: "
            f"validation_split={validation_split}, subset={subset!r}"
        )
    if subset not in ("training", "validation", "both", None):
        raise ValueError(
            "Argument `subset` must be 'training', 'validation' or 'both'. "
            f"Received: subset={subset!r}"
        )
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "Give a `seed` to shuffle and split: without it the parts of two calls could overlap. "
            f"Received: validation_split={validation_split}, shuffle={shuffle}, seed=None"
        )


def index_directory(
    directory: Any,
    labels: Any,
    formats: tuple[str, ...],
    class_names: Any = None,
    shuffle: bool = True,
    seed: int | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Index:
    """The files in `directory` whose names end in one of `formats`, in Keras's order."""
    directory = os.fspath(directory)
    folders = [""]
    if labels == "inferred":
        folders = sorted(
            name
            for name in os.listdir(directory)
            if os.path.isdir(os.path.join(directory, name)) and not name.startswith(".")
        )
        if class_names is not None:
            if not set(class_names) <= set(folders):
                raise ValueError(
                    f"Argument `class_names` must be names of folders in {directory!r}: {folders}. "
                    f"Received: class_names={class_names}"
                )
            folders = list(class_names)
    found: list[tuple[str, int]] = []
    for number, folder in enumerate(folders):
        place = os.path.join(directory, folder)
        for root, _, names in sorted(os.walk(place, followlinks=follow_links)):
            chosen = (name for name in sorted(names) if name.lower().endswith(formats))
            found += [(os.path.join(root, name), number) for name in chosen]
    paths = [path for path, _ in found]
    if labels == "inferred":
        made = Index(paths, np.array([number for _, number in found], "int32"), folders)
    elif labels is None:
        made = Index(paths, None, None)
    else:
        if len(labels) != len(paths):
            raise ValueError(
                "Argument `labels` must have one label for each file. Received: "
                f"{len(labels)} labels for {len(paths)} files in {directory!r}"
            )
        made = Index(paths, np.array(labels), [str(label) for label in sorted(set(labels))])
    if verbose:
        classes = made.class_names
        belonging = "" if classes is None else f" belonging to {len(classes)} classes"
        print_message(f"Found {len(paths)} files{belonging}.")
    if not shuffle:
        return made
    order = np.arange(len(paths))
    np.random.RandomState(np.random.randint(10**6) if seed is None else seed).shuffle(order)
    shuffled = None if made.labels is None else made.labels[order]
    return Index([paths[i] for i in order], shuffled, made.class_names)


def take_part(index: Index, validation_split: Any, subset: str | None) -> Index:
    """The part of the files that is to train with, or to validate: the last ones."""
    if not validation_split:
        return index
    n = len(index.paths) - int(validation_split * len(index.paths))
    part = slice(n) if subset == "training" else slice(n, None)
    paths, labels = index.paths[part], index.labels
    print_message(f"Using {len(paths)} files for {subset}.")
    return Index(paths, labels if labels is None else labels[part], index.class_names)


def encoded_labels(index: Index, label_mode: str | None) -> np.ndarray | None:
    """The labels as the losses of this mode take them."""
    if index.labels is None or label_mode is None:
        return None
    count = len(index.class_names or ())
    if label_mode == "binary":
        if count != 2:
            raise ValueError(
                "With `label_mode='binary'` there must be two classes. "
                f"Received: class_names={index.class_names}"
            )
        return index.labels.astype("float32")[:, None]
    if label_mode == "categorical":
        return to_categorical(index.labels, count).astype("float32")
    return index.labels


def make_datasets(
    directory: Any,
    formats: tuple[str, ...],
    load: Callable[[str], Any],
    batch: Callable[[Dataset], Dataset],
    labels: Any,
    label_mode: Any,
    class_names: Any,
    shuffle: bool,
    seed: Any,
    validation_split: Any,
    subset: Any,
    follow_links: bool,
    verbose: bool,
) -> Any:
    """The data set of the files as `load` reads them, or with `subset="both"` a list of two.

    `batch` makes batches of one; see the makers for the other arguments.
    """
    if labels is None or label_mode is None:
        labels = label_mode = None
    index = index_directory(
        directory, labels, formats, class_names, shuffle, seed, follow_links, verbose
    )

    def dataset(which: str | None, shuffle: bool) -> Dataset:
        part = take_part(index, validation_split, which)
        if not part.paths:
            kind = f" for {which}" if which else ""
            raise ValueError(
                f"There are no files{kind} in {os.fspath(directory)!r} that end in {formats}."
            )
        y = encoded_labels(part, label_mode)
        elements = part.paths if y is None else (np.array(part.paths, object), y)
        data = Dataset.from_tensor_slices(np.array(elements) if y is None else elements)
        data.class_names, data.file_paths = part.class_names, part.paths
        if shuffle:
            data = data.shuffle(len(part.paths), seed)
        if y is None:
            data = data.map(lambda path: load(str(path)), num_parallel_calls=-1)
        else:
            data = data.map(lambda path, y: (load(str(path)), y), num_parallel_calls=-1)
        return batch(data)

    if subset == "both":
        return [dataset("training", shuffle), dataset("validation", False)]
    return dataset(subset, shuffle)
