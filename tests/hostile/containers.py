"""Archives and HDF5 files that are not what they should be, byte by byte and object by object."""

import io
import struct
import zipfile

import h5py
import numpy as np

from tests.hostile import seeds
from tests.hostile.table import Attack, group


def _patched(old, new, count=-1):
    data = seeds.packed(zipfile.ZIP_STORED)
    assert old in data
    return data.replace(old, new, count)


def _lying_sizes():
    """The sizes of the directory say less than what inflates."""
    data = bytearray(seeds.packed())
    at = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 10)
    return bytes(data)


def _overlapping():
    """Two entries of the directory that name the same bytes."""
    data = bytearray(seeds.packed())
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    offset = struct.unpack_from("<I", data, first + 42)
    struct.pack_into("<I", data, second + 42, *offset)
    return bytes(data)


def _flagged(bit):
    data = bytearray(seeds.packed())
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        flags = struct.unpack_from("<H", data, at + 8)[0]
        struct.pack_into("<H", data, at + 8, flags | bit)
        at += 4
    return bytes(data)


def _method(number):
    data = bytearray(seeds.packed())
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        struct.pack_into("<H", data, at + 10, number)
        at += 4
    return bytes(data)


def _symlink(name):
    out = io.BytesIO(seeds.packed())
    with zipfile.ZipFile(out, "a") as archive:
        info = zipfile.ZipInfo(name)
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


def _twice(name):
    out = io.BytesIO(seeds.packed())
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr(name, b"{}")
    return out.getvalue()


def _bad_crc():
    data = bytearray(seeds.packed(zipfile.ZIP_STORED))
    at = data.index(b'"class_name"')
    data[at + 2] ^= 1
    return bytes(data)


def _nested_zip():
    return seeds.packed(**{"model.weights.h5": seeds.packed()})


@group
def archives():
    for name in ("../evil", "/etc/evil", "assets/../../evil", "C:/evil", "assets/C:/evil",
                 "assets/a\\..\\b", "config.json/", "assets//x", "evil.py", "model.weights.h5.exe",
                 "assets/./x", "assets/x/../../y", "CONFIG.JSON", " config.json"):  # fmt: skip
        yield Attack(f"member {name!r}", lambda name=name: seeds.packed(**{name: b"x"}))
    yield Attack("NUL in a name", lambda: _symlink("assets/a").replace(b"assets/a", b"assets/\0"))
    for name in ("assets/link", "link", "config.json"):
        yield Attack(f"symlink {name}", lambda name=name: _symlink(name))
    for name in ("config.json", "model.weights.h5", "metadata.json"):
        yield Attack(f"twice {name}", lambda name=name: _twice(name))
        if name != "metadata.json":
            yield Attack(f"without {name}", lambda name=name: seeds.packed(**{name: None}))
            yield Attack(f"empty {name}", lambda name=name: seeds.packed(**{name: b""}))
    yield Attack("sizes that lie", _lying_sizes)
    yield Attack("entries that overlap", _overlapping)
    yield Attack("encrypted", lambda: _flagged(1))
    for number in (1, 6, 9, 12, 14, 93, 99):
        yield Attack(f"method {number}", lambda number=number: _method(number))
    yield Attack("a wrong checksum", _bad_crc)
    yield Attack("an archive for weights", _nested_zip)
    yield Attack("no archive", lambda: b"PK\x03\x04" + b"\0" * 1000)
    yield Attack("nothing", lambda: b"")
    yield Attack("bzip2", lambda: seeds.packed(zipfile.ZIP_BZIP2))
    yield Attack("lzma", lambda: seeds.packed(zipfile.ZIP_LZMA))


@group
def truncated():
    good = {"keras": seeds.packed(zipfile.ZIP_STORED), "weights": seeds.weights()}
    for how, data in good.items():
        for i in range(16):
            cut = data[: len(data) * i // 16]
            yield Attack(f"{how} cut at {i}/16", lambda cut=cut: cut, how)


def _replaced(name, make):
    def change(h5):
        del h5[name]
        make(h5)

    return lambda: seeds.weights(change)


_FIRST = "layers/dense/vars/0"


def _dataset(**options):
    return _replaced(_FIRST, lambda h5: h5.create_dataset(_FIRST, **options))


def _virtual(h5):
    layout = h5py.VirtualLayout((8, 6), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (8, 6))
    h5.create_virtual_dataset(_FIRST, layout)


def _external(h5):
    h5.create_dataset(_FIRST, (8, 6), "f4", external=[("/etc/passwd", 0, 192)])


def _cycle(h5):
    h5["layers/loop"] = h5["layers"]


def _many(h5):
    for i in range(2000):
        h5.create_dataset(f"vars/{i}", (1 << 20,), "f4", chunks=(1 << 20,), compression="gzip")


def _deep(h5):
    group = h5
    for _ in range(300):
        group = group.create_group("g")


def _attributes(h5):
    for i in range(300):
        h5["layers"].attrs[f"a{i}"] = b"x" * 60_000


def _strings(h5):
    h5.create_dataset(_FIRST, data=["a"] * 48)


def _references(h5):
    h5.create_dataset(_FIRST, data=np.array([h5["layers"].ref], h5py.ref_dtype))


def _vlen(h5):
    h5.create_dataset(_FIRST, (8,), h5py.vlen_dtype("f4"))


def _committed(h5):
    h5[_FIRST] = np.dtype("f4")


def _lzf(h5):
    h5.create_dataset(_FIRST, data=np.zeros((8, 6), "f4"), compression="lzf")


def _scale_offset(h5):
    h5.create_dataset(_FIRST, data=np.zeros((8, 6), "i4"), scaleoffset=0)


def _missing_filter(h5):
    made = h5.create_dataset(
        _FIRST, data=np.zeros((8, 6), "f4"), compression="gzip", chunks=(8, 6)
    )
    assert made.compression


@group
def hdf5():
    rows = {
        "an external link": lambda h5: h5.__setitem__(_FIRST, h5py.ExternalLink("/etc/x", "y")),
        "a soft link": lambda h5: h5.__setitem__(_FIRST, h5py.SoftLink("/layers/dense_1/vars/0")),
        "a soft link to itself": lambda h5: h5.__setitem__(_FIRST, h5py.SoftLink(f"/{_FIRST}")),
        "a virtual dataset": _virtual,
        "external storage": _external,
        "a loop of groups": _cycle,
        "2,000 datasets below a limit": _many,
        "300 groups deep": _deep,
        "strings": _strings,
        "references": _references,
        "ragged": _vlen,
        "a named type": _committed,
        "lzf": _lzf,
        "scale-offset": _scale_offset,
    }
    for name, make in rows.items():
        yield Attack(name, _replaced(_FIRST, make), "weights")
    options = {
        "missing": None,
        "4 GB declared": {"shape": (1 << 30,), "dtype": "f4"},
        "40 GB declared, compressed": {
            "shape": (10**10,), "dtype": "f4", "chunks": (1 << 20,), "compression": "gzip"},
        "40 GB declared in chunks": {"shape": (10**10,), "dtype": "f4", "chunks": (1 << 20,)},
        "rank 32": {"shape": (1,) * 32, "dtype": "f4"},
        "a product that overflows": {
            "shape": (1 << 40, 1 << 40), "dtype": "f4", "chunks": (1, 1 << 20)},
        "complex": {"data": np.zeros((8, 6), "c8")},
        "compound": {"data": np.zeros((8, 6), [("a", "f4"), ("b", "f4")])},
        "opaque": {"data": np.zeros((8, 6), "V7")},
        "bytes": {"data": np.full((8, 6), b"xxxx")},
        "transposed": {"data": np.zeros((6, 8), "f4")},
        "one number": {"data": np.float32(0)},
        "no data": {"data": h5py.Empty("f4")},
        "subarrays": {"shape": (2,), "dtype": np.dtype(("f4", (4, 6)))},
        "zero rows": {"data": np.zeros((0, 6), "f4")},
    }  # fmt: skip
    for name, given in options.items():
        make = _replaced(_FIRST, lambda h5: None) if given is None else _dataset(**given)
        yield Attack(name, make, "weights")
        yield Attack(
            f"{name}, in .keras",
            lambda make=make: seeds.packed(**{"model.weights.h5": make()}),
        )
    yield Attack(
        "an array more", lambda: seeds.weights(
            lambda h5: h5.create_dataset("layers/dense/vars/2", data=np.zeros(3, "f4"))), "weights",
    )  # fmt: skip
    yield Attack(
        "optimizer slots of another model",
        lambda: seeds.packed(**{"model.weights.h5": _replaced(
            "optimizer/vars/2", lambda h5: h5.create_dataset(
                "optimizer/vars/2", data=np.zeros((3, 3), "f4")))()}),
    )  # fmt: skip
    yield Attack(
        "huge attributes (may load: they are not read)",
        lambda: seeds.weights(_attributes), "weights",
    )  # fmt: skip


def _npz(content):
    return seeds.packed(**{"model.weights.h5": None, "model.weights.npz": content})


def _npy(header, data=b""):
    """An .npy file of version 1 with this header."""
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


def _npz_of(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


@group
def numpy_files():
    headers = {
        "objects": "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "4 TB": "{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,)}",
        "4 GB": "{'descr': '<f4', 'fortran_order': False, 'shape': (1073741824,)}",
        "a product that overflows":
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "negative": "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "rank 65": "{'descr': '<f4', 'fortran_order': False, 'shape': (" + "1," * 65 + ")}",
        "a call": "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}",
        "deep": "(" * 90,
        "strings": "{'descr': '<U9', 'fortran_order': False, 'shape': (1,)}",
        "dates": "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (1,)}",
        "a record": "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
    }  # fmt: skip
    for name, header in headers.items():
        data = _npy(header, b"\x80\x04." + b"\0" * 61)
        member = {"layers/dense/vars.npy": data}
        yield Attack(f"npy of {name}", lambda member=member: _npz(_npz_of(**member)))
    yield Attack("npz inflating", lambda: _npz(_npz_of(**{"layers/dense/vars.npy": _npy(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (16777216,)}", bytes(1 << 26))})))
    yield Attack("npz with another member", lambda: _npz(_npz_of(evil=b"import os")))
    yield Attack("npz, not an archive", lambda: _npz(b"\x93NUMPY"))
    yield Attack("npz, a pickle", lambda: _npz(b"\x80\x04cos\nsystem\n(S'id'\ntR."))
