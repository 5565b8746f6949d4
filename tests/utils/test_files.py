"""get_file and the unpacking of archives, against a server on this machine and hostile files."""

import functools
import hashlib
import http.server
import io
import os
import pathlib
import stat
import tarfile
import threading
import zipfile

import pytest

import hornlet as keras
from hornlet.base.files import FileError
from hornlet.utils import archives
from hornlet.utils.archives import extract_archive

get_file = keras.utils.get_file


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder; some paths misbehave."""

    def do_GET(self):
        type(self).seen.append(self.path)
        if self.path.startswith("/to-file"):
            self._moved("file:///etc/hostname")
        elif self.path.startswith("/moved"):
            self._moved("/data.txt")
        elif self.path == "/short.txt":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"ten bytes.")
        else:
            super().do_GET()

    def _moved(self, where):
        self.send_response(302)
        self.send_header("Location", where)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "data.txt").write_text("some data")
    Handler.seen = []
    made = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    )
    threading.Thread(target=made.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{made.server_port}"
    made.folder = folder
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "datasets"


def sha(data):
    return hashlib.sha256(data).hexdigest()


def test_downloads_once_into_the_cache(server, cache, capsys):
    for _ in range(2):
        path = get_file(origin=f"{server.url}/data.txt?version=1")
        assert path == str(cache / "data.txt") and open(path).read() == "some data"
    assert Handler.seen == ["/data.txt?version=1"]
    assert "Downloading data from http://127.0.0.1" in capsys.readouterr().out
    get_file(origin=f"{server.url}/data.txt", force_download=True)
    assert len(Handler.seen) == 2
    other = get_file("name", f"{server.url}/moved", cache_subdir="sub", cache_dir=cache.parent)
    assert other == str(cache.parent / "sub" / "name") and open(other).read() == "some data"


@pytest.mark.parametrize("hashed", [
    {"file_hash": sha(b"some data")},
    {"file_hash": sha(b"some data"), "hash_algorithm": "sha256"},
    {"file_hash": hashlib.md5(b"some data").hexdigest()},
    {"md5_hash": hashlib.md5(b"some data").hexdigest()},
])  # fmt: skip
def test_hashes_are_checked(server, cache, hashed):
    cache.mkdir(parents=True)
    (cache / "data.txt").write_text("old data")
    path = get_file(origin=f"{server.url}/data.txt", **hashed)
    assert open(path).read() == "some data" and len(Handler.seen) == 1
    get_file(origin=f"{server.url}/data.txt", **hashed)
    assert len(Handler.seen) == 1


def test_a_wrong_hash_is_refused_and_nothing_is_left(server, cache):
    with pytest.raises(ValueError, match="Incomplete or corrupted file"):
        get_file(origin=f"{server.url}/data.txt", file_hash=sha(b"other data"))
    assert os.listdir(cache) == []
    (cache / "data.txt").write_text("good")
    with pytest.raises(ValueError, match="Incomplete or corrupted file"):
        get_file(origin=f"{server.url}/data.txt", file_hash=sha(b"x"), force_download=True)
    assert (cache / "data.txt").read_text() == "good"


@pytest.mark.parametrize(("path", "message"), [
    ("none.txt", "404"),
    ("to-file.txt", "file:///etc/hostname' is not allowed"),
    ("short.txt", "10 bytes of 100"),
])  # fmt: skip
def test_failures_leave_nothing(server, cache, path, message):
    with pytest.raises(OSError, match=message):
        get_file(origin=f"{server.url}/{path}")
    assert os.listdir(cache) == []


def test_a_server_that_is_not_there(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(OSError, match="URL fetch failure"):
        get_file(origin=f"{server.url}/data.txt")


@pytest.mark.parametrize("name", ["a/b", "../x", "..", "/etc/x"])
def test_names_are_no_paths(name):
    with pytest.raises(ValueError, match="not a path"):
        get_file(name, "http://127.0.0.1:1/x")


def test_an_origin_is_needed():
    with pytest.raises(ValueError, match="`origin`"):
        get_file("x")
    with pytest.raises(ValueError, match="names no file"):
        get_file(origin="http://127.0.0.1:1/")


def tar(*members, mode="w:gz"):
    """A tar archive of (name, content) or TarInfo."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                name, content = member
                info = tarfile.TarInfo(name)
                info.size, info.mode = len(content), 0o6755
                archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def special(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zipped(*members, compression=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return file.getvalue()


GOOD = [("top/a.txt", b"A"), ("top/deep/b.txt", b"B")]


@pytest.mark.parametrize(("name", "given", "data", "folder"), [
    ("x.tar.gz", None, tar(*GOOD), "x.tar.gz"),
    ("x.tar.gz", "data", tar(*GOOD), "data"),
    ("x.tar.gz", "data.tgz", tar(*GOOD, mode="w:bz2"), "data_extracted"),
    ("x.tar", "data", tar(*GOOD, mode="w:xz"), "data"),
    ("x.zip", "data", zipped(*GOOD), "data"),
])  # fmt: skip
def test_archives_are_unpacked(server, cache, name, given, data, folder):
    (server.folder / name).write_bytes(data)
    for _ in range(2):
        path = get_file(given, f"{server.url}/{name}", extract=True, file_hash=sha(data))
        assert path == str(cache / folder)
        assert pathlib.Path(path, "top/deep/b.txt").read_bytes() == b"B"
    assert len(Handler.seen) == 1
    assert sorted(p.name for p in cache.iterdir() if p.name.startswith(".")) == []
    pathlib.Path(path, "top/mine.txt").write_text("mine")
    get_file(given, f"{server.url}/{name}", extract=True)
    assert pathlib.Path(path, "top/mine.txt").exists(), "what the user put there stays"


def test_what_is_no_archive(server, cache):
    with pytest.warns(UserWarning, match="Could not extract"):
        get_file("data", f"{server.url}/data.txt", untar=True)
    with pytest.raises(NotImplementedError, match="rar"):
        get_file("data", f"{server.url}/data.txt", extract=True, archive_format="rar")


def link_in_zip():
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped((info, "/etc"), ("link/x", b"x"))


def sparse():
    data = bytearray(tar(("big", b""), mode="w"))
    data[156:157] = tarfile.GNUTYPE_SPARSE
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


HOSTILE = {
    "tar up": tar(("../out", b"x")),
    "tar deep up": tar(("a/b/../../../out", b"x")),
    "tar absolute": tar(("/tmp/hornlet-out", b"x")),
    "tar drive": tar(("C:/out", b"x")),
    "tar backslash": tar(("..\\out", b"x")),
    "tar symlink out": tar(special("link", tarfile.SYMTYPE, "/etc/hostname")),
    "tar symlink up": tar(special("a/link", tarfile.SYMTYPE, "../../out")),
    "tar symlink through": tar(special("link", tarfile.SYMTYPE, ".."), ("link/out", b"x")),
    "tar hardlink": tar(special("link", tarfile.LNKTYPE, "../../outside")),
    "tar hardlink absolute": tar(special("link", tarfile.LNKTYPE, "/etc/hostname")),
    "tar device": tar(special("dev", tarfile.CHRTYPE)),
    "tar fifo": tar(special("fifo", tarfile.FIFOTYPE)),
    "tar sparse": sparse(),
    "tar bomb": tar(("zeros", bytes(30 << 20))),
    "tar truncated": tar(*GOOD, ("c", os.urandom(4000)))[:-2000],
    "zip up": zipped(("../out", b"x")),
    "zip absolute": zipped(("/tmp/hornlet-out", b"x")),
    "zip link": link_in_zip(),
    "zip bomb": zipped(("zeros", bytes(30 << 20))),
    "zip damaged": zipped(("a", b"content"), compression=0).replace(b"content", b"Content", 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(archives, "_FREE", 1 << 20)
    (tmp_path / "outside").write_text("secret")
    path, inner = tmp_path / "archive", tmp_path / "in"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(FileError, match="archive"):
        extract_archive(str(path), str(inner / "to"))
    assert sorted(os.listdir(tmp_path)) == ["archive", "in", "outside"]
    assert os.listdir(inner) == []


def test_modes_and_links_of_tar_archives(tmp_path):
    path = tmp_path / "archive"
    path.write_bytes(tar(
        ("a/x", b"x"),
        special("a/same", tarfile.SYMTYPE, "x"),
        special("b/other", tarfile.SYMTYPE, "../a/x"),
        special("hard", tarfile.LNKTYPE, "a/x"),
    ))  # fmt: skip
    assert extract_archive(str(path), str(tmp_path / "to"))
    for name in ("a/x", "a/same", "b/other", "hard"):
        place = tmp_path / "to" / name
        assert place.read_bytes() == b"x" and not place.is_symlink()
        assert not place.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)
    assert os.stat(tmp_path / "to/a/x").st_nlink == 1


def test_links_in_the_folder_are_not_followed(tmp_path):
    path, to = tmp_path / "archive", tmp_path / "to"
    path.write_bytes(tar(("top/x", b"new")))
    (tmp_path / "else").mkdir()
    to.mkdir()
    (to / "top").symlink_to(tmp_path / "else")
    with pytest.raises(FileError, match="is a link"):
        extract_archive(str(path), str(to))
    assert os.listdir(tmp_path / "else") == []
