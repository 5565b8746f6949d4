"""Reading a letter from a picture, and what the demo draws."""

import sys

import numpy as np
import pytest

from hornlet.cli import figure, predict
from hornlet.datasets import letters

image = pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def pictures():
    return letters.load_folds([7], "adeghp")[0][:20]


def test_a_picture_of_the_set_is_read_as_it_is(tmp_path, pictures):
    path = tmp_path / "p.png"
    image.fromarray(pictures[0]).save(path)
    assert np.array_equal(predict.read_picture(path), pictures[0])
    image.fromarray(255 - pictures[0]).save(path)
    assert np.array_equal(predict.read_picture(path), pictures[0])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P", "LA"])
def test_a_large_picture_is_cut_and_centred(tmp_path, pictures, mode):
    path = tmp_path / "p.png"
    for picture in pictures:
        large = image.fromarray(255 - picture).resize((140, 140), image.Resampling.BICUBIC)
        sheet = image.new("L", (400, 300), 255)
        sheet.paste(large, (190, 20))
        sheet.convert(mode).save(path)
        found = predict.read_picture(path).astype(float)
        assert found.shape == (28, 28)
        rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
        assert len(rows) <= predict.HEIGHT + 2 and len(columns) <= predict.WIDTH + 2
        assert abs(rows.mean() - 13.5) <= 1 and abs(columns.mean() - 13.5) <= 1
        similarity = (found * _centred(picture)).sum() / (
            np.linalg.norm(found) * np.linalg.norm(_centred(picture))
        )
        assert similarity > 0.8


def _centred(picture):
    rows, columns = np.flatnonzero(picture.any(1)), np.flatnonzero(picture.any(0))
    shift = (int(13.5 - rows.mean()), int(13.5 - columns.mean()))
    return np.roll(picture.astype(float), shift, axis=(0, 1))


@pytest.mark.parametrize("ink", ["black", "white"])
def test_ink_on_clear_ground_is_seen_in_any_colour(tmp_path, pictures, ink):
    alpha = image.fromarray(pictures[0]).resize((140, 140), image.Resampling.BICUBIC)
    clear = image.new("RGBA", alpha.size, ink)
    clear.putalpha(alpha)
    clear.save(tmp_path / "p.png")
    found = predict.read_picture(tmp_path / "p.png").astype(float)
    wanted = pictures[0].astype(float)
    similarity = (found * wanted).sum() / (np.linalg.norm(found) * np.linalg.norm(wanted))
    assert similarity > 0.9


def test_a_small_picture_is_centred_too(tmp_path, pictures):
    moved = np.roll(pictures[0], (-4, 8), axis=(0, 1))
    image.fromarray(moved).save(tmp_path / "p.png")
    found = predict.read_picture(tmp_path / "p.png")
    rows, columns = np.flatnonzero(found.any(1)), np.flatnonzero(found.any(0))
    assert abs(rows.mean() - 13.5) <= 1 and abs(columns.mean() - 13.5) <= 1


def test_pictures_that_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "p.png"
    image.new("L", (60, 60), 255).save(path)
    with pytest.raises(ValueError, match="empty"):
        predict.read_picture(path)
    path.write_bytes(b"no picture")
    with pytest.raises(ValueError, match="no picture"):
        predict.read_picture(path)
    image.new("L", (60, 60), 255).save(path)
    monkeypatch.setattr(predict, "LARGEST", 100)
    with pytest.raises(ValueError, match="too many"):
        predict.read_picture(path)
    with pytest.raises(FileNotFoundError):
        predict.read_picture(tmp_path / "absent.png")
    monkeypatch.undo()
    for picture in (image.new("L", (28, 28), 0), image.new("RGBA", (9, 9))):
        picture.save(path)
        with pytest.raises(ValueError, match="p.png.*empty"):
            predict.read_picture(path)
    image.fromarray(np.arange(10000, dtype="uint8").reshape(100, 100)).save(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ValueError, match="p.png.*cannot be read"):
        predict.read_picture(path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"hornlet\[picture\]"):
        predict.read_picture(path)


def test_the_figure_is_a_picture(pictures):
    random = np.random.default_rng(0)
    probabilities = random.dirichlet(np.ones(6), 20)
    test = (pictures, random.integers(0, 6, 20))
    content = figure.draw(
        {"train": [0.3, 0.2], "test": [0.4, 0.3]}, probabilities, test, "adeghp", 0.7
    )
    assert content.startswith(b"\x89PNG")
    content = figure.draw({"train": [0.3]}, np.eye(6)[test[1]], test, "adeghp", 1.0)
    assert content.startswith(b"\x89PNG"), "nothing wrong to show"


def test_the_most_wrong_come_first():
    wanted = np.array([0, 0, 1, 2])
    probabilities = np.array([[0.9, 0.1, 0], [0.4, 0.6, 0], [0.2, 0.8, 0], [0.9, 0.1, 0.0]])
    assert figure.most_wrong(probabilities, wanted).tolist() == [3, 1]
