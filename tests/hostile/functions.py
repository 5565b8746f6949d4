"""Every public name of the library where a file names a function; and archives for `get_file`."""

import gzip
import importlib
import io
import tarfile
import zipfile

import hornlet
from tests.hostile import seeds
from tests.hostile.table import Attack, group

# Rooms that the guarded process may not import, because they bring other packages along.
ELSEWHERE = {"wrappers", "plot", "visualization"}


def public():
    """(room, name) of everything that a public room shows."""
    for room in sorted({*hornlet._ROOMS, *hornlet._OTHERS} - ELSEWHERE):
        for name in getattr(importlib.import_module(f"hornlet.{room}"), "__all__", ()):
            yield room, name


@group
def public_functions():
    """What may run at a file's wish computes on tensors, and does nothing else."""
    for room, name in public():
        for module in (f"keras.{room}", f"hornlet.{room}"):
            value = {"module": module, "class_name": "function", "config": name,
                     "registered_name": name}  # fmt: skip
            for inner in (
                {"function": value},
                {"function": value, "arguments": {"fname": "x", "path": "x", "filepath": "x"}},
            ):
                yield Attack(
                    f"{module}.{name} in a Lambda (may load)",
                    lambda inner=inner: seeds.with_config(
                        lambda c: c["config"]["layers"].append(
                            {"module": "keras.layers", "class_name": "Lambda",
                             "registered_name": None, "config": {"name": "l", **inner}}
                        )
                    ),
                )  # fmt: skip
            yield Attack(
                f"{module}.{name} as an activation (may load)",
                lambda value=value: seeds.with_layer(activation=value),
            )
            graph = seeds.functional()
            row = seeds.layer_row("x", name, {}, [["in0"]], module)
            graph["config"]["layers"].append(row)
            graph["config"]["output_layers"] = [["x", 0, 0]]
            yield Attack(
                f"{module}.{name} in a graph (may load)", lambda graph=graph: graph, "config"
            )


def _tar(*members, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, kind, more in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            data = more if isinstance(more, bytes) else b""
            info.linkname = more if isinstance(more, str) else ""
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _zip(*members, link=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o120777 << 16 if link else 0
            archive.writestr(info, data)
    return out.getvalue()


def good_archives():
    """What the guarded process unpacks first, so that the formats' modules are there."""
    return [_tar(("a", tarfile.REGTYPE, b"x"), mode=f"w:{kind}") for kind in ("gz", "bz2", "xz")]


@group
def archives():
    regular = tarfile.REGTYPE
    rows = {
        "tar up": _tar(("../x", regular, b"x")),
        "tar absolute": _tar(("/x", regular, b"x")),
        "tar deep up": _tar(("a/../../x", regular, b"x")),
        "tar symlink out": _tar(("l", tarfile.SYMTYPE, "/etc/passwd")),
        "tar symlink up": _tar(("a/l", tarfile.SYMTYPE, "../../x")),
        "tar symlink through": _tar(("l", tarfile.SYMTYPE, ".."), ("l/x", regular, b"x")),
        "tar hard link": _tar(("l", tarfile.LNKTYPE, "/etc/passwd")),
        "tar link to itself": _tar(("l", tarfile.LNKTYPE, "l")),
        "tar character device": _tar(("d", tarfile.CHRTYPE, b"")),
        "tar block device": _tar(("d", tarfile.BLKTYPE, b"")),
        "tar pipe": _tar(("p", tarfile.FIFOTYPE, b"")),
        "tar bomb": gzip.compress(_tar(("z", regular, bytes(400 << 20)))),
        "zip up": _zip(("../x", b"x")),
        "zip absolute": _zip(("/x", b"x")),
        "zip drive": _zip(("C:/x", b"x")),
        "zip symlink": _zip(("l", b"/etc/passwd"), link=True),
        "zip bomb": _zip(("z", bytes(400 << 20))),
    }
    for name, content in rows.items():
        yield Attack(name, lambda content=content: content, "archive")
    for label, good in (("tar", _tar(("a", regular, bytes(9000)), mode="w:gz")),
                        ("zip", _zip(("a", bytes(9000))))):  # fmt: skip
        for i in range(1, 16):
            part = good[: len(good) * i // 16]
            yield Attack(f"{label} to {i}/16 (may load)", lambda part=part: part, "archive")
