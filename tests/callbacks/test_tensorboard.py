"""Event files, read by a reader written from the format's definition and by TensorBoard's own."""

import io
import struct

import numpy as np
import pytest

import hornlet as keras
from hornlet.callbacks import TensorBoard
from hornlet.callbacks.event_files import EventFile, crc32c, field, interval_counts, png

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 4, 4, 1)).astype("float32")
Y = RNG.normal(size=(8, 2)).astype("float32")


def fit(folder, epochs=2, layers=(), **arguments):
    made = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Conv2D(3, 2, name="conv"), keras.layers.Flatten(),
         *layers, keras.layers.Dense(2, name="dense")], name="net",
    )  # fmt: skip
    made.compile("sgd", "mse", metrics=["mae"])
    board = TensorBoard(folder, **arguments)
    history = made.fit(
        X, Y, batch_size=2, epochs=epochs, validation_data=(X, Y), verbose=0, callbacks=[board]
    )
    return made, history.history


def fields(message):
    """Pairs of a field's number and its value, by protobuf's wire format."""
    at = 0

    def varint():
        nonlocal at
        n = shift = 0
        while True:
            byte = message[at]
            at += 1
            n |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return n

    while at < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            yield number, varint()
            continue
        size = {1: lambda: 8, 2: varint, 5: lambda: 4}[kind]()
        yield number, message[at : at + size]
        at += size


def records(data):
    while data:
        (n,) = struct.unpack("<Q", data[:8])
        for part, check in ((data[:8], data[8:12]), (data[12 : 12 + n], data[12 + n : 16 + n])):
            turned = (struct.unpack("<I", check)[0] - 0xA282EAD8) & 0xFFFFFFFF
            assert (turned >> 17 | turned << 15) & 0xFFFFFFFF == crc32c(part)
        yield data[12 : 12 + n]
        data = data[16 + n :]


def summaries(folder):
    """Every summary below a folder, as (folder, plugin, tag, step) -> array."""
    found = {}
    for path in sorted(folder.glob("*/events.out.tfevents.*")):
        first, *events = [dict(fields(event)) for event in records(path.read_bytes())]
        assert first[3] == b"brain.Event:2"
        for event in events:
            value = dict(fields(dict(fields(event[5]))[1]))
            plugin = dict(fields(dict(fields(value[9]))[1]))[1].decode()
            tensor = list(fields(value[8]))
            content = dict(tensor)
            shape = [dict(fields(size))[1] for number, size in fields(content[2])]
            if content[1] == 7:
                array = np.array([v for number, v in tensor if number == 8], object)
            else:
                array = np.frombuffer(content[4], {1: "<f4", 2: "<f8"}[content[1]])
            key = (path.parent.name, plugin, value[1].decode(), event[2])
            assert key not in found
            found[key] = array.reshape(shape)
    return found


def test_known_checksums_and_numbers():
    # RFC 3720, appendix B.4.
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E
    assert field(1, 300) == b"\x08\xac\x02"  # protobuf's own example
    assert field(2, "testing") == b"\x12\x07testing"
    assert list(fields(field(3, -1))) == [(3, 2**64 - 1)]


def test_metrics_are_those_of_the_history(tmp_path):
    _, history = fit(tmp_path)
    found = summaries(tmp_path)
    for epoch in (0, 1):
        for folder, prefix in (("train", ""), ("validation", "val_")):
            for name in ("loss", "mae"):
                value = found[folder, "scalars", f"epoch_{name}", epoch]
                assert value == pytest.approx(history[prefix + name][epoch])
        rate = found["train", "scalars", "epoch_learning_rate", epoch]
        assert rate == pytest.approx(0.01)
        value = found["validation", "scalars", "evaluation_loss_vs_iterations", 4 * epoch + 4]
        assert value == pytest.approx(history["val_loss"][epoch])
    (text,) = found["train", "graph_keras_model", "keras", 0].ravel()
    assert b'"class_name": "Conv2D"' in text
    assert len(found) == 2 * 7 + 1


@pytest.mark.parametrize("freq, steps", [("batch", {1, 2, 3, 4}), (3, {3}), ("epoch", set())])
def test_batches_are_written_as_often_as_asked(tmp_path, freq, steps):
    fit(tmp_path, 1, update_freq=freq, write_steps_per_second=True, write_graph=False)
    found = summaries(tmp_path)
    for name in ("batch_loss", "batch_mae", "batch_steps_per_second"):
        assert {step for _, _, tag, step in found if tag == name} == steps
    assert found["train", "scalars", "epoch_steps_per_second", 0] > 0


def test_weights_are_histograms_and_images(tmp_path):
    made, _ = fit(tmp_path, 3, histogram_freq=2, write_images=True)
    found = summaries(tmp_path)
    for weight in made.weights:
        rows = found["train", "histograms", f"{weight.path}/histogram", 2]
        np.testing.assert_allclose(rows, interval_counts(weight.numpy(), 30))
        assert rows[:, 2].sum() == weight.numpy().size
    assert {step for _, plugin, _, step in found if plugin == "histograms"} == {0, 2}
    sizes = {
        tag: [int(x) for x in value[:2]]
        for (_, plugin, tag, _), value in found.items()
        if plugin == "images"
    }
    assert sizes == {
        "net/conv/kernel/image": [2, 2], "net/conv/bias/image": [1, 3],
        "net/dense/kernel/image": [27, 2], "net/dense/bias/image": [1, 2],
    }  # fmt: skip


@pytest.mark.parametrize(
    "values, rows",
    [([], np.zeros((4, 3))), ([2, 2], [[2, 2, 0]] * 3 + [[2, 2, 2]]),
     ([0, 1, 1, 4], [[0, 1, 1], [1, 2, 2], [2, 3, 0], [3, 4, 1]])],
)  # fmt: skip
def test_histograms(values, rows):
    np.testing.assert_array_equal(interval_counts(values, 4), rows)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_files_are_read_by_pillow(channels):
    image = pytest.importorskip("PIL.Image")
    pixels = RNG.integers(0, 256, (3, 5, channels)).astype("uint8")
    read = np.asarray(image.open(io.BytesIO(png(pixels))))
    np.testing.assert_array_equal(read.reshape(pixels.shape), pixels)


def test_tensorboard_reads_them(tmp_path):
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    from tensorboard.util import tensor_util

    fit(tmp_path, update_freq=1, histogram_freq=1, write_images=True)
    own, theirs = summaries(tmp_path), {}
    for path in tmp_path.glob("*/events*"):
        for event in loader.EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                plugin = value.metadata.plugin_data.plugin_name
                key = (path.parent.name, plugin, value.tag, event.step)
                theirs[key] = tensor_util.make_ndarray(value.tensor)
    assert set(theirs) == set(own)
    for key, array in theirs.items():
        np.testing.assert_array_equal(np.ravel(array), np.ravel(own[key]))


def test_a_closed_file_goes_on_in_another(tmp_path):
    file = EventFile(str(tmp_path / "a"))
    file.scalar("x", 1.0, 1)
    file.close()
    file.scalar("x", 2.0, 2)
    file.close()
    assert {k[3]: float(v) for k, v in summaries(tmp_path).items()} == {1: 1.0, 2: 2.0}


def words(metadata, folder):
    made = keras.Sequential([keras.layers.Embedding(5, 2, name="words"), keras.layers.Flatten()])
    made.compile("sgd", "mse")
    board = TensorBoard(folder, embeddings_freq=1, embeddings_metadata=metadata)
    made.fit(np.zeros((4, 1), int), np.zeros((4, 2)), verbose=0, epochs=2, callbacks=[board])


def test_the_projector_is_told_of_embeddings(tmp_path):
    words({"words": "labels.tsv"}, tmp_path)
    assert (tmp_path / "projector_config.pbtxt").read_text() == (
        "embeddings {\n"
        '  tensor_name: "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"\n'
        '  metadata_path: "labels.tsv"\n'
        "}\n"
    )
    assert (tmp_path / "train" / "keras_embedding.ckpt-1.weights.h5").exists()
    with pytest.raises(ValueError, match="Unrecognized `Embedding` layer names.*'nobody'"):
        words({"nobody": "labels.tsv"}, tmp_path)


def test_a_model_without_a_json_form_is_trained_all_the_same(tmp_path):
    class Plain(keras.layers.Layer):
        def __init__(self, function):
            super().__init__()
            self.function = function

        def call(self, x):
            return self.function(x)

        def get_config(self):
            raise NotImplementedError("no config")

    with pytest.warns(UserWarning, match="leaves the graph out"):
        fit(tmp_path, 1, layers=[Plain(keras.ops.tanh)])
    assert not any(plugin == "graph_keras_model" for _, plugin, _, _ in summaries(tmp_path))


@pytest.mark.parametrize("given", [-1, (3, 2), (1, 2, 3), "4,2", 1.5])
def test_profile_batch_is_a_batch_or_two(given):
    with pytest.raises(ValueError, match="profile_batch must be a non-negative integer or 2-tuple"):
        TensorBoard(profile_batch=given)


@pytest.mark.parametrize("given", [2, (1, 2), "1,2"])
def test_there_is_no_profiler(given):
    with pytest.raises(ValueError, match="Profiling is not available"):
        TensorBoard(profile_batch=given)
