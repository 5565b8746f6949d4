"""Every attack ends in an error of the one family, in time, within memory, touching nothing else.

The default run tries a share of the large groups; `pytest -m long` tries everything.
"""

import json
import os
import subprocess
import sys

import pytest

import hornlet
from tests.hostile import child

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Of how many attacks of a group one is tried by default.
SHARES = {
    "named_functions": 9, "wrong_values": 25, "layer_fields": 9, "huge_fields": 9, "truncated": 2,
    "stored_code": 2, "other_files": 2, "texts": 2, "graphs": 2, "legacy_files": 3,
    "public_functions": 40, "archives": 2, "onnx_truncated": 4, "onnx_attributes": 12,
}  # fmt: skip
ONLY_LONG = ("large_bombs",)
# What one load may take beside three times the file: the interpreter's own growth, and the budget
# that small files have.
CONSTANT = 160 << 20


def tried(groups, share):
    """The rows that a child process prints for these groups."""
    environment = {
        **os.environ, "PYTHONPATH": ROOT, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
    }  # fmt: skip
    command = [sys.executable, "-W", "ignore", "-m", "tests.hostile.child"]
    command += [f"{name}:{SHARES.get(name, 1) if share else 1}" for name in groups]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def fault(name, kind, message, seconds, grown, size):
    """What is wrong with how an attack ended, or None."""
    refused = kind == "FileError" or (kind == "ValueError" and not size)  # no file, no name
    if not refused and not (kind == "loaded" and "(may load" in name):
        return f"{name}: {kind} {message[-300:]}"
    if refused and "[names " in name:
        field = name.partition("[names ")[2].rstrip("]")
        if field not in message:
            return f"{name}: the error does not name `{field}`: {message[:300]}"
    named = ("a.keras", "a.weights.h5", "a.h5", "a.onnx", "a.tar", "the JSON text")
    if kind == "FileError" and not any(file in message for file in named):
        return f"{name}: the error does not name the file: {message[:300]}"
    if grown > 3 * size + CONSTANT:
        return f"{name}: took {grown:,} bytes for a file of {size:,}"
    return None


def held(groups, share):
    rows = tried(groups, share)
    assert len(rows) >= len(groups)
    faults = [text for text in (fault(*row) for row in rows) if text]
    assert not faults, f"{len(faults)} of {len(rows)}:\n" + "\n".join(faults[:20])


def test_a_share_of_all_attacks():
    held([name for name in child.table.GROUPS if name not in ONLY_LONG], share=True)


@pytest.mark.long
@pytest.mark.parametrize("group", sorted(child.table.GROUPS))
def test_all_attacks(group):
    held([group], share=False)


def test_safe_mode_is_an_argument_of_one_call(tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("a\nb\n")
    config = {
        "module": "keras.layers", "class_name": "StringLookup", "registered_name": None,
        "config": {"vocabulary": str(words)},
    }  # fmt: skip
    load = hornlet.saving.deserialize_keras_object
    for _ in range(2):
        with pytest.raises(ValueError, match="vocabulary"):
            load(config)
        assert load(config, safe_mode=False).get_vocabulary()[1:] == ["a", "b"]
