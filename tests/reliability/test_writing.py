"""R2, R3, R4: whatever call fails, wherever power is cut: the old file or the new one, whole."""

import errno
import os
import shutil
import subprocess
import sys

import pytest

import hornlet
from hornlet.base import files

from .savers import SAVERS, Calls, model, value_of, watched

by_saver = pytest.mark.parametrize("name", SAVERS)


def stale(folder):
    return [name for name in os.listdir(folder) if name.endswith(files._SUFFIX)]


# R2


class Failing(Calls):
    """The n-th call of one name fails: with an error number, or by writing the half only."""

    def __init__(self, name, number, kind):
        super().__init__()
        self.fails = (name, number)
        self.kind = kind
        self.failed = False

    def pass_on(self, name, genuine, *args, **kwargs):
        if (name, self.count[name]) != self.fails:
            return genuine(*args, **kwargs)
        self.failed = True
        if self.kind == "short":
            return genuine(args[0], bytes(args[1])[: max(1, len(args[1]) // 2)])
        if name == "close":
            genuine(*args)
        raise OSError(self.kind, os.strerror(self.kind))


def calls_of(name, folder):
    """How often each function is called while a file is replaced."""
    save, _ = SAVERS[name]
    save(model(1.0), str(folder / name))
    with pytest.MonkeyPatch.context() as patch:
        calls = watched(patch, Calls())
        save(model(2.0), str(folder / name))
    return calls.count


@by_saver
def test_every_call_that_fails_is_raised_and_loses_nothing(name, tmp_path):
    save, load = SAVERS[name]
    before, second = tmp_path / "before", model(2.0)
    before.mkdir()
    save(model(1.0), str(before / name))
    tried = 0
    for call, n in calls_of(name, tmp_path).items():
        for number in range(1, n + 1):
            for kind in (errno.EIO, errno.ENOSPC, *(["short"] if call == "write" else [])):
                folder = tmp_path / f"{call}-{number}-{kind}"
                shutil.copytree(before, folder)
                path = str(folder / name)
                with pytest.MonkeyPatch.context() as patch:
                    calls = watched(patch, Failing(call, number, kind))
                    if kind == "short":
                        save(second, path)
                    else:
                        with pytest.raises(OSError) as caught:
                            save(second, path)
                        assert caught.value.errno == kind
                assert calls.failed
                assert value_of(load(path)) in ((2.0,) if kind == "short" else (1.0, 2.0))
                assert call == "close" or not stale(folder)
                save(second, path)
                assert value_of(load(path)) == 2.0 and not stale(folder)
                shutil.rmtree(folder)
                tried += 1
    assert tried >= 10


# R3


class Recorded(Calls):
    """Keeps a list of all that reaches the disk."""

    NAMES = ("open", "write", "fsync", "replace", "lseek", "ftruncate", "unlink")

    def __init__(self):
        super().__init__()
        self.log = []
        self.opened = {}

    def pass_on(self, name, genuine, *args, **kwargs):
        if name == "write":
            at = os.lseek(args[0], 0, os.SEEK_CUR)
            self.log.append(("write", self.opened[args[0]], at, bytes(args[1])))
        elif name in ("fsync", "ftruncate"):
            self.log.append((name, self.opened[args[0]], *args[1:]))
        elif name != "open":
            self.log.append((name, *map(str, args)))
        result = genuine(*args, **kwargs)
        if name == "open":
            self.opened[result] = str(args[0])
            if not os.path.isdir(args[0]):
                self.log.append(("open", str(args[0])))
        return result


class Disk:
    """What a disk holds: files by number, and names; both as they are and as they are synced."""

    def __init__(self, folder):
        self.names, self.content, self.synced = {}, [], []
        for name in os.listdir(folder):
            self._new(os.path.join(folder, name), open(os.path.join(folder, name), "rb").read())
        self.synced = [bytes(data) for data in self.content]
        self.synced_names = dict(self.names)

    def _new(self, path, data):
        self.names[path] = len(self.content)
        self.content.append(bytearray(data))
        self.synced.append(b"")

    def do(self, operation):
        kind, path, *rest = operation
        if kind == "open" and path not in self.names:
            self._new(path, b"")
        elif kind == "write":
            at, data = rest
            content = self.content[self.names[path]]
            content.extend(bytes(max(0, at - len(content))))
            content[at : at + len(data)] = data
        elif kind == "ftruncate":
            del self.content[self.names[path]][rest[0] :]
        elif kind == "fsync" and path in self.names:
            self.synced[self.names[path]] = bytes(self.content[self.names[path]])
        elif kind == "fsync":
            self.synced_names = dict(self.names)
        elif kind == "replace":
            self.names[rest[0]] = self.names.pop(path)
        elif kind == "unlink":
            self.names.pop(path, None)

    def after(self, names, data, folder):
        """Writes into a folder what a crash leaves of names and data: all, or what is synced."""
        folder.mkdir()
        kept = self.names if names == "all" else self.synced_names
        content = self.content if data == "all" else self.synced
        for path, number in kept.items():
            (folder / os.path.basename(path)).write_bytes(content[number])


@by_saver
def test_power_cut_after_every_operation(name, tmp_path, monkeypatch):
    save, load = SAVERS[name]
    here = tmp_path / "here"
    here.mkdir()
    path = str(here / name)
    save(model(1.0), path)
    disk = Disk(here)
    calls = watched(monkeypatch, Recorded())
    save(model(2.0), path)
    monkeypatch.undo()
    kinds = {operation[0] for operation in calls.log}
    assert kinds >= {"open", "write", "fsync", "replace"}, "the recorder sees what is done"
    seen = set()
    for i, operation in enumerate([None, *calls.log]):
        if operation is not None:
            disk.do(operation)
        for names in ("all", "synced"):
            for data in ("all", "synced"):
                folder = tmp_path / f"{i}-{names}-{data}"
                disk.after(names, data, folder)
                value = value_of(load(str(folder / name)))
                seen.add(value)
                assert value in (1.0, 2.0), (i, operation, names, data)
                shutil.rmtree(folder)
    assert value == 2.0 and seen == {1.0, 2.0}, "what `save` has returned from stays"


# R4


CHILD = """
import os, signal, sys
from tests.reliability.savers import SAVERS, model
name, path, trouble = sys.argv[1:]
if trouble == "full":
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    save, made = SAVERS[name][0], model(2.0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
else:
    save, made = SAVERS[name][0], model(2.0)
    save(made, os.path.join(path, "..", name))  # imports what it needs, before it is nobody
    os.umask(0)
    os.getuid() or os.setuid(65534)
    path = os.path.join(path, name)
try:
    save(made, path)
except OSError as error:
    print(type(error).__name__, error.filename or "")
"""


def in_child(*args):
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, args)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


posix = pytest.mark.skipif(os.name != "posix", reason="limits and permissions of POSIX")


@posix
@pytest.mark.parametrize("name", ["m.keras", "m.weights.json"])
def test_a_full_disk_is_an_error_and_loses_nothing(name, tmp_path):
    save, load = SAVERS[name]
    path = str(tmp_path / name)
    save(model(1.0), path)
    assert in_child(name, path, "full").startswith("OSError")
    assert value_of(load(path)) == 1.0 and not stale(tmp_path)


@posix
def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    save, load = SAVERS["m.keras"]
    folder = tmp_path / "locked"
    folder.mkdir()
    save(model(1.0), str(folder / "m.keras"))
    os.chmod(tmp_path, 0o755)
    os.chmod(folder, 0o555)
    try:
        assert in_child("m.keras", folder, "locked") == f"PermissionError {folder / 'm.keras'}"
    finally:
        os.chmod(folder, 0o755)
    assert value_of(load(str(folder / "m.keras"))) == 1.0


def test_names_as_long_as_they_may_be(tmp_path):
    name = "m" * 249 + ".keras"
    model(1.0).save(tmp_path / name)
    assert hornlet.saving.load_model(tmp_path / name, compile=False) is not None
    assert os.listdir(tmp_path) == [name]
