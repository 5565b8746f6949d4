"""Atomic writing: whatever fails, the old file or the new one is there, whole."""

import errno
import os
import pickle

import pytest

from hornlet.base import files

CALLS = ("open", "fsync", "replace", "close")


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "f"
    files.atomic_write(path, lambda file: file.write(b"one"))
    os.chmod(path, 0o640)
    files.atomic_write(path, lambda file: file.write(b"two"))
    assert path.read_bytes() == b"two"
    assert os.stat(path).st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["f"]


def test_a_failing_writer_or_check_leaves_the_old_file(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def broken(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.atomic_write(path, broken)
    with pytest.raises(KeyboardInterrupt):
        files.atomic_write(path, lambda file: file.write(b"new"), verify=broken)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("number", [0, 1])
def test_every_failing_call_is_raised(tmp_path, monkeypatch, call, number):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    genuine, seen = getattr(os, call), [0]

    def failing(*args, **kwargs):
        seen[0] += 1
        if seen[0] == number + 1:
            if call == "close":
                genuine(*args)
            raise OSError(errno.ENOSPC, "No space left on device")
        return genuine(*args, **kwargs)

    monkeypatch.setattr(files.os, call, failing)
    try:
        files.atomic_write(path, lambda file: file.write(b"new"))
    except OSError:
        pass
    else:
        assert seen[0] <= number
    monkeypatch.undo()
    assert path.read_bytes() in (b"old", b"new")


def test_symbolic_links_are_followed(tmp_path):
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    files.atomic_write(tmp_path / "link", lambda file: file.write(b"new"))
    assert (tmp_path / "there").read_bytes() == b"new" and (tmp_path / "link").is_symlink()


def test_what_killed_writers_left_is_swept(tmp_path):
    process = os.fork()
    if process == 0:
        os._exit(0)
    os.waitpid(process, 0)
    stale = tmp_path / f".f.{process}-0.hornlet-part"
    alive = tmp_path / f".f.{os.getppid()}-0.hornlet-part"
    other = tmp_path / f".g.{process}-0.hornlet-part"
    for name in (stale, alive, other):
        name.write_bytes(b"")
    files.atomic_write(tmp_path / "f", lambda file: file.write(b"x"))
    assert not stale.exists() and alive.exists() and other.exists()


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.atomic_write(tmp_path / "no" / "f", lambda file: None)


def test_file_errors_name_file_member_and_reason():
    error = files.FileError("m.keras", "truncated", "config.json")
    assert str(error) == "m.keras: config.json: truncated"
    copy = pickle.loads(pickle.dumps(error))
    assert isinstance(copy, ValueError) and copy.member == "config.json"
