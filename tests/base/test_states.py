"""State as a file: plain values come back as they were, damaged files are told, nothing runs."""

import collections
import random

import numpy as np
import pytest

from hornlet.base import states
from hornlet.base.files import FileError

ml_dtypes = pytest.importorskip("ml_dtypes")


def _rng(seed):
    made = np.random.default_rng(seed)
    made.normal(size=3)
    return made


VALUES = {
    "nothing": None,
    "numbers": [0, -1, 1 << 200, True, 0.1, -0.0, 1e-320],
    "floats": [0.1 * i for i in range(99)],
    "no numbers": [float("nan"), float("inf"), -float("inf")],
    "texts": ["", "é\0\ud800"[:2], {"": "$"}],
    "bytes": b"\0\xff",
    "nests": {"a": (1, [2, (3,)]), "b": {}, "c": (), "d": {1, 2}, "e": frozenset({"x"})},
    "keys": {1: "a", (2, "b"): [3], "$float": 1.0, None: 0},
    "one key": {"$floats": [1]},
    "dictionaries": [
        collections.OrderedDict(b=1, a=2),
        collections.Counter("abca"),
        collections.defaultdict(list, {"x": [1]}),
        collections.defaultdict(None, {3: 4}),
    ],
    "deque": collections.deque([1, 2], maxlen=3),
    "float32": np.arange(6, dtype="float32").reshape(2, 3).T,
    "big-endian": np.arange(3, dtype=">i4"),
    "bfloat16": np.arange(4).astype(ml_dtypes.bfloat16),
    "bool": np.array([True, False]),
    "complex": np.array([1j]),
    "scalar array": np.array(3.5),
    "empty": np.zeros((0, 3)),
    "scalars": [np.float32(0.1), np.int64(3), np.bool_(True)],
}


def same(a, b):
    if isinstance(a, np.ndarray) or isinstance(a, np.generic):
        equal = a.dtype.newbyteorder("=") == b.dtype and a.shape == b.shape
        return type(a) is type(b) and equal and np.array_equal(a, b)
    if isinstance(a, float):
        return type(b) is float and repr(a) == repr(b)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return (
            type(a) is type(b) and list(a) == list(b) and all(same(v, b[k]) for k, v in a.items())
        )
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("kind", VALUES)
def test_values_come_back_as_they_were(kind, tmp_path):
    states.write_state(tmp_path / "s", VALUES[kind])
    back = states.read_state(tmp_path / "s")
    assert same(VALUES[kind], back)
    assert states.is_plain(VALUES[kind])
    assert states.fingerprint(VALUES[kind]) == states.fingerprint(back)


@pytest.mark.parametrize(
    "made",
    [_rng(1), np.random.Generator(np.random.SFC64(2)), np.random.Generator(np.random.Philox(3)),
     np.random.RandomState(4), random.Random(5)],
    ids=["PCG64", "SFC64", "Philox", "RandomState", "Random"],
)  # fmt: skip
def test_generators_go_on_where_they_were(made, tmp_path):
    states.write_state(tmp_path / "s", [made])
    (back,) = states.read_state(tmp_path / "s")
    draw = (lambda g: g.random()) if isinstance(made, random.Random) else lambda g: g.normal()
    assert [draw(back) for _ in range(5)] == [draw(made) for _ in range(5)]


class Strange:
    pass


@pytest.mark.parametrize(
    "value",
    [
        Strange(),
        len,
        Strange,
        np.array(["a"]),
        np.array([None]),
        open,
        type,
        1j,
        range(3),
        collections.defaultdict(lambda: 0),
    ],
)
def test_what_is_not_plain_is_named(value, tmp_path):
    assert not states.is_plain(value) and states.fingerprint(value) is None
    with pytest.raises(states.NotPlain, match=r"state\.a\[1\]"):
        states.write_state(tmp_path / "s", {"a": [1, value]})
    assert not (tmp_path / "s").exists()


def test_what_holds_itself_is_not_plain():
    ring = []
    ring.append(ring)
    assert not states.is_plain(ring)


STATE = {"epoch": 3, "w": np.linspace(0, 1, 200, dtype="float32"), "h": {"loss": [0.5, 0.25]}}


def test_every_byte_that_is_flipped_and_every_end_that_is_cut_is_told(tmp_path):
    path = tmp_path / "s"
    states.write_state(path, STATE)
    good = path.read_bytes()
    assert len(good) > 800
    for i in range(len(good)):
        path.write_bytes(good[:i] + bytes([good[i] ^ 1 << i % 8]) + good[i + 1 :])
        with pytest.raises(FileError):
            states.read_state(path)
        path.write_bytes(good[:i])
        with pytest.raises(FileError):
            states.read_state(path)
    path.write_bytes(good + b"\0")
    with pytest.raises(FileError):
        states.read_state(path)


HOSTILE = [
    b"", b"[]", b"null", b"{", b'{"state": 1}', b'{"state": 1, "arrays": 5}',
    b'{"state": {"$array": 0}, "arrays": []}', b'{"state": {"$system": "ls"}, "arrays": []}',
    b'{"state": {"$bytes": 5}, "arrays": []}', b'{"state": {"$dict": [[[], 1]]}, "arrays": []}',
    b'{"state": 1, "arrays": [["float32", [1000000000000]]]}',
    b'{"state": 1, "arrays": [["string", [0]]]}', b'{"state": 1, "arrays": [["float32", [-1]]]}',
    b'{"state": 1, "arrays": [["float32", [1, true]]]}',
    b'{"state": {"$generator": [false, {"bit_generator": "Generator"}]}, "arrays": []}',
    b'{"state": {"$generator": [false, {"bit_generator": "PCG64", "state": {}}]}, "arrays": []}',
    b'{"state": {"$random": [1, 2]}, "arrays": []}',
    b'{"state": ' + b"[" * 100000 + b"]" * 100000 + b', "arrays": []}',
]  # fmt: skip


@pytest.mark.parametrize("header", HOSTILE, ids=lambda h: h[:60].decode())
def test_files_of_strangers_are_errors_of_the_family(header, tmp_path):
    import hashlib

    rest = len(header).to_bytes(8, "little") + header
    (tmp_path / "s").write_bytes(b"hornlet\1" + hashlib.sha256(rest).digest() + rest)
    with pytest.raises(FileError):
        states.read_state(tmp_path / "s")
