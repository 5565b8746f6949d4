"""`python -m tests.hostile.structure EXAMPLES`: hypothesis changes good files where they have form.

Trees of JSON (other types and numbers, subtrees doubled, moved, nested, dropped), attributes and
arrays of HDF5, NPZ headers, the entries of zip archives, safetensors headers. Prints what came
out of the family of errors, and last the number of files tried; exits with 1 if anything did.
"""

import contextlib
import copy
import io
import json
import os
import pathlib
import struct
import sys
import tempfile
import warnings
import zipfile

import h5py
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import hornlet
from tests.hostile import seeds
from tests.hostile.child import Guard, confine, outcome_of

CORPUS = pathlib.Path(__file__).parent.parent / "saving" / "corpus"
LEAVES = st.sampled_from(
    [None, True, False, 0, 1, -1, 2, 7, 1.5, -0.0, 1e308, float("nan"), 2**31, 2**63, 10**30, "",
     "relu", "os.system", "../x", "a\0b", "7", "\ud800", [], {}, [[]], [None], [1, 2, 3],
     {"class_name": "Dense"}, {"class_name": "__keras_tensor__"}, {"class_name": "__lambda__"}]
)  # fmt: skip


def places(tree):
    """All (container, key) of a tree."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node))
        for key in keys:
            found.append((node, key))
            if isinstance(node[key], (dict, list)):
                waiting.append(node[key])
    return found


def changed(draw, good):
    """A copy of a JSON tree with one to three changes."""
    tree = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        all_places = places(tree)
        if not all_places:
            break
        node, key = all_places[draw(st.integers(0, len(all_places) - 1))]
        other, at = all_places[draw(st.integers(0, len(all_places) - 1))]
        way = draw(st.sampled_from(["leaf", "drop", "move", "nest", "double", "rename", "number"]))
        if way == "leaf":
            node[key] = copy.deepcopy(draw(LEAVES))  # a later change may be one of it
        elif way == "drop":
            del node[key]
        elif way == "move":
            node[key] = copy.deepcopy(other[at])
        elif way == "nest":
            inner = copy.deepcopy(node[key])
            node[key] = draw(st.sampled_from([[inner], {"config": inner}, [inner, inner]]))
        elif way == "double" and isinstance(node, list):
            node.insert(key, copy.deepcopy(node[key]))
        elif way == "rename" and isinstance(node, dict):
            node[
                draw(st.sampled_from(["config", "class_name", "module", "x", "layers", "name"]))
            ] = node.pop(key)
        elif isinstance(node[key], (int, float)):
            node[key] = draw(st.integers(-3, 1 << 34))
    return tree


def members_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def _config(draw, content):
    members = members_of(content)
    tree = changed(draw, json.loads(members["config.json"]))
    return zipped([*{**members, "config.json": json.dumps(tree)}.items()])


def _json_attribute(draw, content):
    out = io.BytesIO(content)
    with h5py.File(out, "a") as file:
        name = draw(st.sampled_from([n for n in file.attrs if n.endswith("_config")]))
        tree = changed(draw, json.loads(file.attrs[name]))
        text = json.dumps(tree)
        with contextlib.suppress(OSError):  # longer than HDF5 lets an attribute be
            file.attrs[name] = text
    return out.getvalue()


DTYPES = ("f2", "f4", "f8", "i8", "u1", "?", "c8", ">f4", "S3", h5py.string_dtype())


def _hdf5(draw, content):
    out = io.BytesIO(content)
    with h5py.File(out, "a") as file:
        names = []
        file.visit(names.append)
        name = names[draw(st.integers(0, len(names) - 1))]
        thing = file[name]
        way = draw(st.sampled_from(["drop", "array", "move", "attribute", "group", "link"]))
        parent = file[os.path.dirname(name) or "/"]
        if way == "attribute":
            named = list(thing.attrs) or ["name"]
            value = draw(st.sampled_from([5, "x", b"\xff", [1.5], [b"a", b"../b"], np.zeros(9)]))
            thing.attrs[named[draw(st.integers(0, len(named) - 1))]] = value
        elif way == "move":
            target = names[draw(st.integers(0, len(names) - 1))] + "/" + os.path.basename(name)
            with contextlib.suppress(ValueError, KeyError, RuntimeError):
                file.move(name, target)
        else:
            del file[name]
            if way == "array":
                shape = tuple(draw(st.lists(st.integers(0, 5), max_size=5)))
                dtype = DTYPES[draw(st.integers(0, len(DTYPES) - 1))]
                parent.create_dataset(os.path.basename(name), shape, dtype)
            elif way == "group":
                parent.create_group(os.path.basename(name))
            elif way == "link":
                parent[os.path.basename(name)] = h5py.SoftLink(draw(st.sampled_from(names)))
    return out.getvalue()


def _weights(draw, content):
    members = members_of(content)
    return zipped([*{**members, seeds.WEIGHTS: _hdf5(draw, members[seeds.WEIGHTS])}.items()])


def _entries(draw, content):
    """Entries in another order, twice, renamed, left out; then fields of their headers changed."""
    members = list(members_of(content).items())
    odd = st.sampled_from(
        ["../x", "/x", "a\\b", "config.json", "assets/../x", "x" * 300, "assets/"]
    )
    for _ in range(draw(st.integers(0, 2))):
        i = draw(st.integers(0, len(members) - 1))
        way = draw(st.sampled_from(["twice", "rename", "drop", "first"]))
        if way == "twice":
            members.append(members[i])
        elif way == "rename":
            members[i] = (draw(odd), members[i][1])
        elif way == "first":
            members.insert(0, members.pop(i))
        elif len(members) > 1:
            members.pop(i)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = bytearray(zipped(members))
    for _ in range(draw(st.integers(0, 2))):
        mark, fields = draw(
            st.sampled_from(
                [
                    (b"PK\x03\x04", (6, 8, 14, 18, 22, 26, 28)),
                    (b"PK\x01\x02", (6, 8, 10, 16, 20, 24, 28, 30, 34, 38, 42)),
                    (b"PK\x05\x06", (4, 8, 10, 12, 16, 20)),
                ]
            )  # fmt: skip
        )
        at = made.find(mark) + draw(st.sampled_from(fields))
        value = draw(st.sampled_from([0, 1, 8, 12, 99, 0xFFFF, 0x0800, 0x0001]))
        made[at : at + 2] = struct.pack("<H", value)
    return bytes(made)


def _npz(draw, content):
    """The weights as NPZ instead, one member's header changed."""
    members = members_of(content)
    members.pop(seeds.WEIGHTS)
    arrays = {}
    with h5py.File(io.BytesIO(seeds.members()[seeds.WEIGHTS])) as file:
        file.visititems(
            lambda name, thing: (
                arrays.setdefault(name.rpartition("/vars/")[0], {}).update(
                    {name.rpartition("/")[2]: thing[()]}
                )
                if isinstance(thing, h5py.Dataset)
                else None
            )
        )
    out = io.BytesIO()
    np.savez(out, **{name: np.array(group, dtype=object) for name, group in arrays.items()})
    inner = members_of(out.getvalue())
    if draw(st.booleans()):
        plain = io.BytesIO()
        np.savez(plain, **{f"{n}/vars/{k}": v for n, g in arrays.items() for k, v in g.items()})
        inner = members_of(plain.getvalue())
    name = draw(st.sampled_from(sorted(inner)))
    data = inner[name]
    start = data.index(b"{")
    end = data.index(b"\n", start)
    old, new = draw(
        st.sampled_from([(b"'<f4'", b"'|O'"), (b"'<f4'", b"'<f8'"), (b"(", b"(9,"), (b"(", b"(-1,"),
                         (b"False", b"True "), (b"descr", b"deskr"), (b"(", b"(9**9,"),
                         (b"{", b"[" * 90), (b"'<f4'", b"'<U9'"), (b"'<f4'", b"[('a','<f4')]")])
    )  # fmt: skip
    header = data[start:end].replace(old, new)[: end - start].ljust(end - start)
    inner[name] = data[:start] + header + data[end:]
    return zipped([*members.items(), ("model.weights.npz", zipped(inner.items()))])


def _tensors(draw, content):
    length = int.from_bytes(content[:8], "little")
    tree = changed(draw, json.loads(content[8 : 8 + length]))
    header = json.dumps(tree).encode()
    rest = content[8 + length :]
    length = draw(st.sampled_from([len(header)] * 6 + [len(header) - 1, 0, 1 << 40]))
    return length.to_bytes(8, "little") + header + rest[: draw(st.integers(0, len(rest)))]


def _safetensors():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.safetensors")
        seeds.model().save_weights(path)
        return pathlib.Path(path).read_bytes()


def seed_files():
    """Name, content and ways to change it, of every seed."""
    own = [("own.keras", seeds.packed()), ("own.h5", seeds.legacy())]
    for version in ("keras-3.12.0", "keras-2.15.0", "keras-2.3.1"):
        with zipfile.ZipFile(CORPUS / f"{version}.zip") as archive:
            own += [
                (f"{version}-{name}", archive.read(name))
                for name in archive.namelist()
                if not name.endswith(".npz")
            ]
    for name, content in own:
        if name.endswith(".keras"):
            ways = {"config": _config, "weights": _weights, "entries": _entries}
            if name == "own.keras":
                ways["npz"] = _npz
        else:
            ways = {"config": _json_attribute, "hdf5": _hdf5}
        for way, change in ways.items():
            yield f"{way} of {name}", name, content, change
    weights = seeds.weights()
    yield "hdf5 of m.weights.h5", "m.weights.h5", weights, _hdf5
    yield "header of m.safetensors", "m.safetensors", _safetensors(), _tensors


def many(attempt, examples):
    """Lets hypothesis draw for `attempt` that often."""

    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    @given(st.data())
    def run(data):
        attempt(data.draw)

    run()


def main(examples):
    warnings.simplefilter("ignore")
    guard, bad, tried = Guard(), [], 0
    victim = seeds.model()
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        guard.allowed = (folder,)
        rows = list(seed_files())
        confine()
        for label, name, content, change in rows:
            path = os.path.join(folder, name)
            whole = name.endswith(".keras") or not name.startswith("m.")
            load = hornlet.saving.load_model if whole else victim.load_weights
            pathlib.Path(path).write_bytes(content)
            load(path)

            def attempt(draw, label=label, path=path, content=content, change=change, load=load):
                nonlocal tried
                tried += 1
                pathlib.Path(path).write_bytes(change(draw, content))
                kind, message, _ = outcome_of(lambda: load(path), guard)
                if kind not in ("loaded", "FileError"):
                    bad.append(label)
                    if len(bad) < 9:
                        print(f"{label}: {kind}: {message[-1500:]}")

            many(attempt, examples)
    print(len(bad), tried)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
