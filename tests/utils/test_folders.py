"""Data sets from folders, pictures, sequences and the small helpers, against Keras where it can."""

import copy
import io
import os
import pickle
import wave

import keras
import numpy as np
import pytest
from keras.src.utils import dataset_utils
from keras.src.utils.image_dataset_utils import _load_image_grain

import hornlet
from hornlet.utils import directory as ours
from hornlet.utils.sound import read_wav

pillow = pytest.importorskip("PIL.Image")
utils = hornlet.utils


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two folders of pictures of several sizes, kinds and modes."""
    root = tmp_path_factory.mktemp("pictures")
    random = np.random.RandomState(0)
    for number, name in enumerate(("dog", "cat", ".hidden")):
        (root / name / "inner").mkdir(parents=True)
        for i in range(4):
            size = (6 + i, 9 - i, 3)
            img = pillow.fromarray(random.randint(0, 256, size).astype("uint8"))
            if i == 2:
                img = img.convert("L")
            kind = ("png", "bmp", "PNG", "gif")[i]
            img.save(root / name / ("inner" if i == 1 else "") / f"{number}{i}.{kind}")
        (root / name / "notes.md").write_text("no picture")
    return root


@pytest.mark.parametrize("arguments", [
    {}, {"shuffle": False}, {"class_names": ["dog", "cat"]}, {"class_names": ["dog"]},
    {"labels": None}, {"labels": [3, 1, 2, 1, 3, 3, 1, 2, 1, 1, 1, 1]},
])  # fmt: skip
def test_the_index_is_that_of_keras(pictures, arguments, capsys):
    arguments = {"labels": "inferred", "seed": 5, "formats": ours_formats(), **arguments}
    found = ours.index_directory(pictures, **copy.deepcopy(arguments))
    printed = capsys.readouterr().out
    paths, labels, names = dataset_utils.index_directory(str(pictures), **arguments)
    if arguments["labels"] == "inferred":
        assert found.paths == [os.path.normpath(p) for p in paths]
    else:  # Keras's paths lack the folder here, so that they lead nowhere
        assert all(os.path.exists(p) for p in found.paths) and len(found.paths) == len(paths)
    assert names == found.class_names
    assert (labels is None) == (found.labels is None)
    assert labels is None or list(found.labels) == list(labels)
    assert printed == capsys.readouterr().out


def ours_formats():
    return (".bmp", ".gif", ".jpeg", ".jpg", ".png")


@pytest.mark.parametrize("arguments", [
    {}, {"color_mode": "grayscale"}, {"color_mode": "rgba", "interpolation": "nearest"},
    {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True},
    {"data_format": "channels_first", "interpolation": "bicubic"},
])  # fmt: skip
def test_pictures_are_those_of_keras(pictures, arguments):
    data = utils.image_dataset_from_directory(
        pictures, image_size=(5, 7), batch_size=3, shuffle=False, verbose=False, **arguments
    )
    assert data.class_names == ["cat", "dog"] and len(data.file_paths) == 8
    x, y = (np.concatenate(parts) for parts in zip(*data))
    assert x.dtype == "float32" and y.dtype == "int32" and y.tolist() == [0] * 4 + [1] * 4
    channels = {"grayscale": 1, "rgba": 4}.get(arguments.get("color_mode"), 3)
    for path, img in zip(data.file_paths, x):
        expected = _load_image_grain(
            path, (5, 7), channels, arguments.get("interpolation", "bilinear"),
            arguments.get("data_format", "channels_last"),
            arguments.get("crop_to_aspect_ratio", False),
            arguments.get("pad_to_aspect_ratio", False),
        )  # fmt: skip
        np.testing.assert_allclose(img, expected, rtol=1e-3, atol=0.05)


def test_labels_and_parts(pictures, capsys):
    def make(**arguments):
        return utils.image_dataset_from_directory(
            pictures, image_size=4, verbose=False, seed=3, **arguments
        )

    for mode, expected in (("int", (8,)), ("categorical", (8, 2)), ("binary", (8, 1))):
        (x, y), = make(label_mode=mode)
        assert x.shape == (8, 4, 4, 3) and y.shape == expected
        assert y.dtype == ("int32" if mode == "int" else "float32")
    (x,) = make(label_mode=None)
    assert x.shape == (12, 4, 4, 3), "without labels all folders count, as in Keras"
    assert next(iter(make(batch_size=None)))[0].shape == (4, 4, 3)
    train, held = make(validation_split=0.25, subset="both")
    assert not set(train.file_paths) & set(held.file_paths)
    assert (len(train.file_paths), len(held.file_paths)) == (6, 2)
    assert "Using 6 files for training." in capsys.readouterr().out
    assert make(validation_split=0.25, subset="training").file_paths == train.file_paths
    assert make(validation_split=0.25, subset="validation").file_paths == held.file_paths


def test_a_model_learns_from_a_folder(pictures):
    data = utils.image_dataset_from_directory(pictures, image_size=(4, 4), verbose=False)
    layers = hornlet.layers
    model = hornlet.Sequential(
        [layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(2, "softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert len(model.fit(data, epochs=2, verbose=0).history["loss"]) == 2


WRONG = [
    {"labels": "other"}, {"label_mode": "float"}, {"labels": None, "class_names": ["cat"]},
    {"class_names": ["cow"]}, {"validation_split": 2, "subset": "both"}, {"subset": "training"},
    {"validation_split": 0.2}, {"validation_split": 0.2, "subset": "x", "seed": 1},
    {"validation_split": 0.2, "subset": "both"}, {"color_mode": "cmyk"}, {"image_size": (1, 2, 3)},
    {"interpolation": "magic"}, {"format": "csv"}, {"labels": [1, 2]},
    {"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
    {"label_mode": "binary", "class_names": ["cat"]},
    {"validation_split": 0.01, "subset": "validation", "shuffle": False},
]  # fmt: skip


@pytest.mark.parametrize("arguments", WRONG)
def test_wrong_arguments(pictures, arguments):
    with pytest.raises(ValueError):
        utils.image_dataset_from_directory(pictures, verbose=False, **arguments)


def test_texts(tmp_path):
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
        for i in range(2):
            (tmp_path / name / f"{i}.txt").write_text(f"a {name} film \xe9 {i}", "utf-8")
    data = utils.text_dataset_from_directory(tmp_path, shuffle=False, verbose=False)
    (x, y), = data
    assert x.tolist() == [f"a {n} film \xe9 {i}" for n in ("bad", "good") for i in (0, 1)]
    assert y.tolist() == [0, 0, 1, 1] and data.class_names == ["bad", "good"]
    (x,) = utils.text_dataset_from_directory(tmp_path, None, max_length=5, verbose=False)
    assert set(x) == {"a bad", "a goo"}
    vectorization = hornlet.layers.TextVectorization(output_sequence_length=5)
    vectorization.adapt(data.map(lambda x, y: x))
    (x, y), = data.map(lambda x, y: (vectorization(x), y))
    assert x.shape == (4, 5)


def write_wav(path, values, width=2, channels=1, rate=8000):
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(values)


@pytest.mark.parametrize(("width", "data"), [
    (1, bytes([128, 192, 0])), (2, np.array([0, 16384, -32768], "<i2").tobytes()),
    (3, b"\0\0\0\0\0\x40\0\0\x80"), (4, np.array([0, 1 << 30, -(1 << 31)], "<i4").tobytes()),
])  # fmt: skip
def test_widths_of_wav_files(tmp_path, width, data):
    write_wav(tmp_path / "x.wav", data, width)
    found = read_wav(str(tmp_path / "x.wav"))
    assert found.dtype == "float32" and found.ravel().tolist() == [0, 0.5, -1]


def test_sounds(tmp_path):
    (tmp_path / "bell").mkdir()
    for n in (3, 5):
        write_wav(tmp_path / "bell" / f"{n}.wav", np.full(2 * n, 8192, "<i2").tobytes(), 2, 2)

    def make(**arguments):
        (batch,) = utils.audio_dataset_from_directory(
            tmp_path, shuffle=False, verbose=False, **arguments
        )
        return batch

    x, y = make()
    assert x.shape == (2, 5, 2) and y.tolist() == [0, 0] and (x[0, 3:] == 0).all()
    assert make(output_sequence_length=4)[0].shape == (2, 4, 2)
    assert [s.shape for s in make(ragged=True, label_mode=None)] == [(3, 2), (5, 2)]
    assert make(sampling_rate=16000)[0].shape == (2, 10, 2)
    for wrong in ({"ragged": True, "output_sequence_length": 3}, {"sampling_rate": 1.5}):
        with pytest.raises(ValueError):
            make(**wrong)
    (tmp_path / "bell" / "bad.wav").write_bytes(b"RIFF")
    with pytest.raises(ValueError, match="bad.wav"):
        make()


@pytest.mark.parametrize("arguments", [
    {"sequence_length": 3}, {"sequence_length": 3, "sequence_stride": 2, "sampling_rate": 2},
    {"sequence_length": 2, "start_index": 3, "end_index": 15, "batch_size": 4},
    {"sequence_length": 2, "batch_size": None}, {"sequence_length": 3, "shuffle": True, "seed": 1},
])  # fmt: skip
@pytest.mark.parametrize("with_targets", [True, False])
def test_timeseries(arguments, with_targets):
    data = np.arange(40).reshape(20, 2)
    targets = np.arange(20) * 10 if with_targets else None
    made = utils.timeseries_dataset_from_array(data, targets, **arguments)
    begin, end = arguments.get("start_index", 0), arguments.get("end_index", 20)
    rate, length = arguments.get("sampling_rate", 1), arguments["sequence_length"]
    expected = []
    for start in range(begin, end, arguments.get("sequence_stride", 1)):
        rows = [start + i * rate for i in range(length)]
        if rows[-1] < end:
            expected.append((data[rows].tolist(), start * 10))
    found = []
    for element in made if arguments.get("batch_size", 1) is None else made.unbatch():
        x, y = element if with_targets else (element, element[0, 0] * 5)
        found.append((x.tolist(), int(y)))
    assert len(expected) > 3 and sorted(found) == expected
    assert (found != expected) == arguments.get("shuffle", False)


@pytest.mark.parametrize("wrong", [
    {"start_index": -1}, {"start_index": 20}, {"end_index": 20}, {"end_index": -1},
    {"start_index": 5, "end_index": 5}, {"sampling_rate": 0}, {"sampling_rate": 20},
    {"sequence_stride": 0}, {"sequence_stride": 20}, {"format": "x"},
])  # fmt: skip
def test_timeseries_refuses(wrong):
    with pytest.raises(ValueError):
        utils.timeseries_dataset_from_array(np.arange(20), None, 3, **wrong)


@pytest.mark.parametrize("arguments", [
    {}, {"maxlen": 2}, {"maxlen": 5, "padding": "post"}, {"maxlen": 2, "truncating": "post"},
    {"value": -1.5, "dtype": "float32"},
])  # fmt: skip
@pytest.mark.parametrize("rows", [[[1], [2, 3], [4, 5, 6]], [[], [[1, 2]], [[3, 4], [5, 6]]]])
def test_pad_sequences(rows, arguments):
    found, expected = utils.pad_sequences(rows, **arguments), keras.utils.pad_sequences(
        rows, **arguments
    )
    assert found.dtype == expected.dtype and found.tolist() == expected.tolist()


def test_pad_sequences_of_texts_and_nonsense():
    assert utils.pad_sequences([["a"], ["b", "c"]], dtype=object, value="-").tolist() == [
        ["-", "a"], ["b", "c"]]  # fmt: skip
    assert utils.pad_sequences([[1, 2]], maxlen=0).shape == (1, 0)
    for wrong in (([1, 2],), (5,), ([[1]], None, "int32", "middle"),
                  ([[1]], 1, "int32", "pre", "x"),
                  ([["a"]], 1, "int32", "pre", "pre", "x"), ([[1], [[1]]],)):  # fmt: skip
        with pytest.raises(ValueError):
            utils.pad_sequences(*wrong)


@pytest.mark.parametrize("arguments", [
    {}, {"color_mode": "grayscale"}, {"color_mode": "rgba", "target_size": (3, 5)},
    {"target_size": (9, 3), "interpolation": "bicubic", "keep_aspect_ratio": True},
])  # fmt: skip
def test_load_img(pictures, arguments):
    for path in (pictures / "cat").glob("*.*"):
        if path.suffix != ".md":
            found = utils.load_img(path, **arguments)
            expected = keras.utils.load_img(path, **arguments)
            np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("arguments", [
    {}, {"scale": False}, {"data_format": "channels_first", "dtype": "float64"},
])  # fmt: skip
def test_arrays_and_images(channels, arguments):
    x = np.random.RandomState(0).rand(channels, channels, channels) * 200
    before = x.copy()
    found = utils.array_to_img(x, **arguments)
    expected = keras.utils.array_to_img(x, **arguments)
    assert found.mode == expected.mode and (x == before).all()
    np.testing.assert_allclose(np.asarray(found, int), np.asarray(expected, int), atol=1)
    arguments.pop("scale", None)
    np.testing.assert_array_equal(
        utils.img_to_array(found, **arguments), keras.utils.img_to_array(found, **arguments)
    )


def test_save_img(tmp_path):
    x = np.random.RandomState(0).randint(0, 256, (4, 5, 4)).astype("uint8")
    utils.save_img(tmp_path / "x.png", x, scale=False)
    np.testing.assert_array_equal(np.asarray(pillow.open(tmp_path / "x.png")), x)
    with pytest.warns(UserWarning, match="transparency"):
        utils.save_img(str(tmp_path / "x.jpg"), x)
    assert pillow.open(tmp_path / "x.jpg").mode == "RGB"
    for wrong in (np.ones((2, 2)), np.ones((2, 2, 2))):
        with pytest.raises(ValueError):
            utils.array_to_img(wrong)
    with pytest.raises(ValueError):
        utils.img_to_array(np.ones(2))
    with pytest.raises(TypeError):
        utils.load_img(3)
    for wrong in ({"color_mode": "x"}, {"target_size": (2, 2), "interpolation": "x"}):
        with pytest.raises(ValueError):
            utils.load_img(tmp_path / "x.png", **wrong)
    utils.load_img(io.BytesIO((tmp_path / "x.png").read_bytes()))


@pytest.mark.parametrize("size", [(4, 4), (3, 8), (12, 2)])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_smart_resize(size, data_format):
    x = np.random.RandomState(0).rand(2, 5, 9, 6).astype("float32")
    for given in (x, x[0]):
        found = hornlet.utils.image.smart_resize(given, size, data_format=data_format)
        expected = keras.preprocessing.image.smart_resize(given, size, data_format=data_format)
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_smart_resize_of_bytes(interpolation):
    x = np.random.RandomState(0).randint(0, 256, (5, 9, 3)).astype("uint8")
    found = hornlet.utils.image.smart_resize(x, (4, 4), interpolation)
    expected = keras.preprocessing.image.smart_resize(x, (4, 4), interpolation)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_config():
    config = utils.Config(a=1, b=[2])
    config.c = 3
    config["d"] = 4
    assert config.as_dict() == {"a": 1, "b": [2], "c": 3, "d": 4} and len(config) == 4
    assert list(config) == list("abcd") and "a" in config and config.get("x", 9) == 9
    assert config.to_json() == '{"a": 1, "b": [2], "c": 3, "d": 4}'
    with pytest.raises(AttributeError, match="Unknown attribute"):
        config.learning  # noqa: B018
    for made in (copy.deepcopy(config), pickle.loads(pickle.dumps(config))):
        assert made.as_dict() == config.as_dict()
    config.freeze()
    for change in (lambda: setattr(config, "a", 2), lambda: config.pop("a"),
                   lambda: config.update(a=2), lambda: config.__delitem__("a")):  # fmt: skip
        with pytest.raises(ValueError, match="frozen"):
            change()
    config.unfreeze()
    assert config.frozen is False and config.pop("a") == 1


def test_source_inputs():
    a, b = hornlet.Input((2,)), hornlet.Input((2,))
    y = hornlet.layers.Add()([hornlet.layers.Dense(2)(b), a])
    found = utils.get_source_inputs(hornlet.layers.Dense(1)(y + b))
    assert [x is z for x, z in zip(found, (b, a))] == [True, True] and len(found) == 2
    assert utils.get_source_inputs(a)[0] is a
