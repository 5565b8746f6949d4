"""One door: nobody opens a file for writing but `base/files.py`."""

import ast
import pathlib

import pytest

import hornlet

ROOT = pathlib.Path(hornlet.__file__).parent
DOOR = "base/files.py"
# Calls that write where they stand, each with the reason why it loses nothing.
REASONED = {
    ("plot/canvas.py", "savefig"): "into memory; the caller writes the bytes",
    ("visualization/gallery.py", "savefig"): "into memory, from where it goes to the door",
    ("utils/image.py", "save"): "into memory or a file that the user has opened",
    ("saving/stores.py", "File"): "HDF5 is made in memory",
    ("saving/legacy.py", "File"): "HDF5 is made in memory",
    ("saving/archive.py", "ZipFile"): "into the open file of `atomic_write`",
    ("saving/state.py", "open"): "assets, in a temporary folder for a layer to read",
    ("export/numpy_program.py", "savez"): "into memory, from where it goes to the door",
    ("saving/streams.py", "open"): "what a stream held, in a temporary folder to be loaded from",
    ("utils/archives.py", "open"): "unpacked in a new folder, moved when it is complete",
    ("utils/archives.py", "copy"): "unpacked in a new folder, moved when it is complete",
    ("utils/archives.py", "replace"): "moves what was unpacked when it is complete",
}
# Names of functions that write whatever they are given.
WRITERS = {
    "savefig", "tofile", "savetxt", "savez", "savez_compressed", "write_text", "write_bytes",
    "copy2", "copyfile", "copytree", "imsave", "to_csv", "mkstemp", "NamedTemporaryFile", "fdopen",
    "rename", "truncate", "ftruncate",
}  # fmt: skip
# The same where they are called on these modules.
BY_MODULE = {
    ("np", "save"), ("numpy", "save"), ("shutil", "copy"), ("shutil", "move"), ("os", "open"),
    ("os", "replace"), ("os", "link"), ("pickle", "dump"), ("json", "dump"), ("img", "save"),
}  # fmt: skip
# Those that open, by a mode: which argument it is.
OPENERS = {"open": 1, "File": 1, "ZipFile": 1, "TarFile": 1}


def writes(tree):
    """(name, line) of every call in a module that may write a file."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        name = getattr(function, "attr", getattr(function, "id", ""))
        owner = getattr(getattr(function, "value", None), "id", "")
        if name in WRITERS or (owner, name) in BY_MODULE:
            yield name, node.lineno
        elif name in OPENERS:
            place = OPENERS[name]
            if name == "open" and isinstance(function, ast.Attribute) and owner != "io":
                place = 0  # a method, as pathlib's
            modes = node.args[place : place + 1]
            modes += [keyword.value for keyword in node.keywords if keyword.arg == "mode"]
            for mode in modes:
                if not isinstance(mode, ast.Constant):
                    unsure = name == "open" and place == 1
                else:
                    text = mode.value if isinstance(mode.value, str) else ""
                    unsure = len(text) <= 3 and bool(set(text) & set("wax+"))
                if unsure:
                    yield name, node.lineno


def found():
    calls = {}
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT).as_posix()
        if place != DOOR:
            for name, line in writes(ast.parse(path.read_text())):
                calls.setdefault((place, name), []).append(line)
    return calls


def test_files_are_written_through_one_function():
    stray = {call: lines for call, lines in found().items() if call not in REASONED}
    assert not stray, f"write it by `hornlet.base.files.atomic_write`: {stray}"


def test_every_exception_is_needed():
    assert set(REASONED) <= set(found())


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ('open(path, "w")', True), ('open(path, mode="ab")', True), ("open(path)", False),
        ('open(path, "rb")', False), ('path.open("wb")', True), ('h5py.File(path, "a")', True),
        ('h5py.File(path, "r")', False), ("np.save(path, x)", True), ("model.save(path)", False),
        ("figure.savefig(path)", True), ("os.open(path, flags)", True), ("x.copy()", False),
        ('zipfile.ZipFile(path, "w")', True), ("open(path, mode)", True),
        ("path.write_text(text)", True),
    ],
)  # fmt: skip
def test_the_search_sees_what_writes(source, caught):
    assert bool(list(writes(ast.parse(source)))) is caught
