"""inspect and verify: what is in a file, and whether it loads."""

import json
import zipfile

import pytest

import hornlet
from hornlet.cli import main
from tests.hostile import seeds


@pytest.fixture
def model():
    return seeds.model()


@pytest.mark.parametrize("ending", ["keras", "h5", "weights.h5", "safetensors"])
def test_good_files(ending, model, tmp_path, capsys):
    path = str(tmp_path / f"m.{ending}")
    (model.save if ending in ("keras", "h5") else model.save_weights)(path)
    assert main(["inspect", path]) == 0
    told = capsys.readouterr().out
    assert "float32 (8, 6)" in told
    if ending in ("keras", "h5"):
        assert "Dense 'first'" in told and "needs by custom_objects: nothing" in told
    assert main(["verify", path]) == 0
    assert path in capsys.readouterr().out


def test_an_onnx_file(model, tmp_path, capsys):
    path = str(tmp_path / "m.onnx")
    model.export(path, verbose=False)
    assert main(["inspect", path]) == 0
    told = capsys.readouterr().out
    assert "MatMul: " in told and "operators that are not read: none" in told
    assert "float32 (8, 6)" in told
    assert main(["verify", path]) == 0
    assert "loads, a Functional" in capsys.readouterr().out
    (tmp_path / "m.onnx").write_bytes(b"\x08\x01")
    assert main(["inspect", path]) == main(["verify", path]) == 1
    assert "holds no graph" in capsys.readouterr().err


def test_a_file_that_needs_names_is_inspected_and_not_verified(tmp_path, capsys):
    class Mine(hornlet.layers.Layer):
        def call(self, x):
            return x

    path = str(tmp_path / "m.keras")
    hornlet.Sequential([hornlet.Input((3,)), Mine()]).save(path)
    assert main(["inspect", path]) == 0
    assert "needs by custom_objects: Mine" in capsys.readouterr().out
    assert main(["verify", path]) == 1
    assert "Mine" in capsys.readouterr().err


def test_stored_code_is_named(tmp_path, capsys):
    config = seeds.config()
    code = {"class_name": "__lambda__", "config": {"code": "AAAA"}}
    config["config"]["layers"][1]["config"]["activation"] = code
    path = str(tmp_path / "m.keras")
    (tmp_path / "m.keras").write_bytes(seeds.packed(**{"config.json": json.dumps(config)}))
    assert main(["inspect", path]) == 0
    assert "a Python lambda, stored as code" in capsys.readouterr().out
    assert main(["verify", path]) == 1
    assert "lambda" in capsys.readouterr().err


def test_no_file_and_no_format(tmp_path, capsys):
    assert main(["inspect", str(tmp_path / "none.keras")]) == 1
    assert "no such file" in capsys.readouterr().err
    (tmp_path / "x.pt").write_bytes(b"")
    assert main(["inspect", str(tmp_path / "x.pt")]) == 1
    assert "not supported" in capsys.readouterr().err
    with zipfile.ZipFile(tmp_path / "e.keras", "w") as archive:
        archive.writestr("evil.py", "import os")
    assert main(["verify", str(tmp_path / "e.keras")]) == 1
    assert "e.keras: evil.py" in capsys.readouterr().err
