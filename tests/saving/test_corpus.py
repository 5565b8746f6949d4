"""Files that versions of Keras and tf.keras wrote: all load, and compute what those computed."""

import io
import pathlib
import zipfile

import numpy as np
import pytest

from hornlet.saving import FileError, load_model

# On TensorFlow 1 Keras 2.3 counts a step before Adam reads the count: its next step is one ahead.
AHEAD = {"keras-2.3.1.zip": 1}
# Before 2.3 "hard_sigmoid" was another piecewise function, which Keras 3 does not have either.
HARD = {("keras-2.0.8.zip", "words.h5")}
# Keras 1 keeps a recurrent layer's gates as arrays of their own, which are not joined.
REFUSED = {("keras-1.2.2.zip", "words.h5")}
CORPUS = pathlib.Path(__file__).parent / "corpus"
ROWS = [
    (archive.name, member)
    for archive in sorted(CORPUS.glob("*.zip"))
    for member in zipfile.ZipFile(archive).namelist()
    if not member.endswith(".npz")
]


def row(archive, member, folder):
    """The path of an unpacked file, and the arrays that go with it."""
    with zipfile.ZipFile(CORPUS / archive) as files:
        path = folder / member
        path.write_bytes(files.read(member))
        arrays = np.load(io.BytesIO(files.read(member + ".npz")))
        return path, {name: arrays[name] for name in arrays.files}


def numbered(arrays, letter):
    found = [arrays[f"{letter}{i}"] for i in range(len(arrays)) if f"{letter}{i}" in arrays]
    return found[0] if letter == "x" and len(found) == 1 else found


def test_the_corpus_is_there():
    versions = {name for name, _ in ROWS}
    assert len(versions) >= 10 and len(ROWS) >= 50
    assert any(name.startswith("keras-2.3") for name in versions)


@pytest.mark.parametrize(("archive", "member"), ROWS)
def test_a_file_of_another_version(archive, member, tmp_path):
    path, arrays = row(archive, member, tmp_path)
    if (archive, member) in REFUSED:
        with pytest.raises(FileError, match="words.h5"):
            load_model(path)
        return
    model = load_model(path)
    x, weights = numbered(arrays, "x"), numbered(arrays, "w")
    assert len(weights) == len(model.weights)
    for ours, theirs in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    wide = 500 if (archive, member) in HARD else 1
    found = model.predict(x, verbose=0)
    np.testing.assert_allclose(found, arrays["before"], rtol=1e-5 * wide, atol=1e-6 * wide)
    assert type(model.optimizer).__name__ == "Adam"
    if archive.startswith("keras-1") or wide > 1:
        return
    assert int(model.optimizer.iterations) == 3
    model.optimizer.iterations.assign(3 + AHEAD.get(archive, 0))
    model.train_on_batch(x, arrays["y"])
    np.testing.assert_allclose(model.predict(x, verbose=0), arrays["after"], rtol=1e-4, atol=1e-5)
