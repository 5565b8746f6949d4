"""Small files in the formats of Keras's data sets, read by Keras and by hornlet."""

import gzip
import importlib
import io
import json
import pickle
import struct
import tarfile
import zipfile

import keras
import numpy as np
import pytest

import hornlet
from hornlet.base.files import FileError
from hornlet.datasets import cache as place
from hornlet.datasets import cifar, pickles
from hornlet.utils.files import get_file

RANDOM = np.random.RandomState(0)
NAMES = ("mnist", "fashion_mnist", "cifar10", "cifar100", "imdb", "reuters", "boston_housing",
         "california_housing")  # fmt: skip


def pictures(n):
    return RANDOM.randint(0, 256, (n, 28, 28)).astype("uint8")


def labels(n, classes=10):
    return RANDOM.randint(0, classes, n).astype("uint8")


def texts(n):
    rows = np.empty(n, object)
    rows[:] = [[int(w) for w in RANDOM.randint(1, 30, RANDOM.randint(1, 9))] for _ in range(n)]
    return rows


def batches(path, folder, parts):
    with tarfile.open(path, "w:gz") as archive:
        for name, n, keys in parts:
            batch = {b"data": RANDOM.randint(0, 256, (n, 3072)).astype("uint8")}
            batch |= {key: [int(k) for k in labels(n)] for key in keys}
            batch[b"batch_label"], batch[b"filenames"] = b"x", [b"a.png"] * n
            data = pickle.dumps(batch, protocol=4)
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def idx(path, array):
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(head + array.tobytes()))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A cache folder with all the files."""
    home = tmp_path_factory.mktemp("home")
    data = home / "datasets"
    (data / "fashion-mnist").mkdir(parents=True)
    for name, n in (("train", 6), ("t10k", 4)):
        idx(data / "fashion-mnist" / f"{name}-images-idx3-ubyte.gz", pictures(n))
        idx(data / "fashion-mnist" / f"{name}-labels-idx1-ubyte.gz", labels(n))
    np.savez(data / "mnist.npz", x_train=pictures(6), y_train=labels(6), x_test=pictures(4),
             y_test=labels(4))  # fmt: skip
    for name, width in (("boston", 13), ("california", 8)):
        np.savez(data / f"{name}_housing.npz", x=RANDOM.rand(700, width), y=RANDOM.rand(700))
    np.savez(data / "imdb.npz", x_train=texts(20), y_train=labels(20, 2), x_test=texts(10),
             y_test=labels(10, 2))  # fmt: skip
    np.savez(data / "reuters.npz", x=texts(30), y=labels(30, 46))
    for name in ("imdb", "reuters"):
        (data / f"{name}_word_index.json").write_text(json.dumps({"the": 1, "caf\xe9": 2}))
    keys = [b"labels", b"fine_labels", b"coarse_labels"]
    batches(
        data / "cifar-10-batches-py-target_archive",
        "cifar-10-batches-py",
        [*((f"data_batch_{i}", 3, keys[:1]) for i in range(1, 6)), ("test_batch", 2, keys[:1])],
    )  # fmt: skip
    batches(data / "cifar-100-python-target_archive", "cifar-100-python",
            [("train", 5, keys[1:]), ("test", 2, keys[1:])])  # fmt: skip
    return home


@pytest.fixture(autouse=True)
def offline(home, monkeypatch):
    """Both look into the same cache folder, and take our files for the real ones."""

    def ours(*args, file_hash=None, **kwargs):
        return get_file(*args, cache_dir=home, **kwargs)

    def theirs(*args, file_hash=None, **kwargs):
        return keras.utils.get_file(*args, cache_dir=str(home), **kwargs)

    for module in (place, cifar):
        monkeypatch.setattr(module, "get_file", ours)
    for name in NAMES:
        module = importlib.import_module(f"keras.src.datasets.{name}")
        monkeypatch.setattr(module, "get_file", theirs)


def equal(ours, theirs):
    if isinstance(theirs, tuple):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            equal(a, b)
    else:
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
        assert ours.tolist() == theirs.tolist()


CASES = [
    ("mnist", {}),
    ("fashion_mnist", {}),
    ("cifar100", {}),
    ("cifar100", {"label_mode": "coarse"}),
    ("boston_housing", {}),
    ("boston_housing", {"test_split": 0.0, "seed": 1}),
    ("california_housing", {}),
    ("california_housing", {"version": "small", "test_split": 0.5}),
    ("imdb", {}),
    ("imdb", {"num_words": 20, "skip_top": 3, "maxlen": 6, "seed": 1}),
    ("imdb", {"start_char": None, "oov_char": None, "num_words": 10}),
    ("imdb", {"start_char": None, "index_from": 0}),
    ("reuters", {}),
    ("reuters", {"num_words": 20, "skip_top": 3, "maxlen": 6, "test_split": 0.5}),
    ("reuters", {"start_char": None, "oov_char": None, "num_words": 10}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_reads_what_keras_reads(name, arguments):
    ours = getattr(hornlet.datasets, name).load_data(**arguments)
    equal(ours, getattr(keras.datasets, name).load_data(**arguments))


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_cifar10(home, data_format):
    hornlet.config.set_image_data_format(data_format)
    try:
        (x, y), (x_test, y_test) = hornlet.datasets.cifar10.load_data()
    finally:
        hornlet.config.set_image_data_format("channels_last")
    first = data_format == "channels_first"
    assert x.shape == ((15, 3, 32, 32) if first else (15, 32, 32, 3))
    assert y.shape == (15, 1) and y_test.dtype == x_test.dtype == "uint8" and len(y_test) == 2
    path = home / "datasets/cifar-10-batches-py-target/cifar-10-batches-py/data_batch_2"
    batch = pickle.loads(path.read_bytes(), encoding="bytes")
    planes = batch[b"data"].reshape(3, 3, 32, 32)
    np.testing.assert_array_equal(x[3:6], planes if first else planes.transpose(0, 2, 3, 1))
    assert y[3:6, 0].tolist() == batch[b"labels"]


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_words(name):
    assert getattr(hornlet.datasets, name).get_word_index() == {"the": 1, "caf\xe9": 2}


def test_topics():
    names = hornlet.datasets.reuters.get_label_names()
    assert names == keras.datasets.reuters.get_label_names() and len(names) == 46


def test_a_length_that_no_review_is_below():
    with pytest.raises(ValueError, match="maxlen=1"):
        hornlet.datasets.imdb.load_data(maxlen=1)


def test_the_old_name_of_num_words():
    with pytest.warns(UserWarning, match="num_words"):
        found = hornlet.datasets.imdb.load_data(nb_words=20)
    equal(found, hornlet.datasets.imdb.load_data(num_words=20))


def test_the_files_in_the_cache_must_be_the_real_ones(home, monkeypatch, capsys):
    monkeypatch.setattr(place, "get_file", get_file)
    monkeypatch.setattr(place, "ORIGIN", "http://127.0.0.1:1/")
    monkeypatch.setenv("KERAS_HOME", str(home))
    with pytest.raises(OSError, match="URL fetch failure on http://127.0.0.1:1/mnist.npz"):
        hornlet.datasets.mnist.load_data()
    assert "incomplete or outdated" in capsys.readouterr().out
    assert (home / "datasets" / "mnist.npz").exists(), "and yet stay until there is a better one"


class Evil:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


HOSTILE = {
    "system": Evil(importlib.import_module("os").system, "touch /tmp/hornlet-was-here"),
    "eval": Evil(eval, "1"),
    "getattr": Evil(getattr, [], "append"),
    "load": Evil(np.load, "x.npy"),
    "inside": {b"data": Evil(print, "x"), b"labels": [1]},
    "huge": Evil(np.ndarray, (1 << 40,)),
    "set": {b"data": {1, 2}.__class__},
    "complex": np.array([1j]),
    "structured": np.zeros(1, [("a", "i4")]),
    "scalar": np.float64(1),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("protocol", [2, 4])
def test_pickles_of_anything_else_are_refused(name, protocol):
    file = io.BytesIO(pickle.dumps(HOSTILE[name], protocol))
    with pytest.raises(FileError, match="batch"):
        pickles.load(file, "batch")


@pytest.mark.parametrize("array", [
    np.arange(6.0).reshape(2, 3), np.asfortranarray(np.arange(6).reshape(2, 3)),
    np.array([1, 2], ">i4"), np.array([True]), np.zeros((0, 3), "float32"), texts(3),
])  # fmt: skip
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickled_arrays_come_back(array, protocol):
    found = pickles.load(io.BytesIO(pickle.dumps(array, protocol)), "file")
    assert found.shape == array.shape and found.dtype == array.dtype
    assert found.tolist() == array.tolist()


def test_damaged_pickles_and_archives(tmp_path):
    data = pickle.dumps({b"data": np.arange(9), b"labels": [1]}, 2)
    for end in range(0, len(data), 5):
        with pytest.raises(FileError):
            pickles.load(io.BytesIO(data[:end]), "file")
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 0x41]) + data[at + 1 :]
        try:
            pickles.load(io.BytesIO(changed), "file")
        except FileError:
            pass
    path = tmp_path / "x.npz"
    np.savez(path, x=np.array([Evil(print, "x")], object))
    with pytest.raises(FileError, match="builtins.print"):
        pickles.load_npz(path)
    path.write_bytes(b"no archive")
    with pytest.raises(FileError, match="x.npz"):
        pickles.load_npz(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY")
    with pytest.raises(FileError, match="x.npz"):
        pickles.load_npz(path)
