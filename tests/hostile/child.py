"""Runs attacks in a process of 2 GiB, an alarm of 5 s each and an audit hook; prints a row each.

The alarm counts the processor's time: on a machine that others share, waiting for a turn is no
slowness of the file. One that sleeps is caught by the clock, after a minute.

`python -m tests.hostile.child GROUP:SHARE ...` tries one attack in SHARE of each group and prints
JSON lines: name, outcome, message, seconds, growth of the resident memory, size of the file.
"""

import codecs
import itertools
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings

import numpy as np

import hornlet
from hornlet.base import names, registry
from tests.hostile import (  # noqa: F401
    code,
    config,
    containers,
    fields,
    functions,
    onnx_files,
    spending,
    table,
)

SECONDS, SPACE = 5, 2 << 30
ASLEEP = 60  # seconds by the clock
FORBIDDEN = ("exec", "compile", "marshal.", "subprocess.", "socket.", "os.system", "os.exec",
             "os.posix_spawn", "os.fork", "ctypes.", "pickle.", "urllib.", "shutil.")  # fmt: skip


class Breach(BaseException):
    """Something happened that no file may cause."""


class Late(BaseException):
    """The alarm."""


class Guard:
    """The audit hook: one list of what was forbidden, and raises at once."""

    def __init__(self):
        self.armed = False
        self.breaches = []
        self.allowed = ()

    def __call__(self, event, args):
        if not self.armed:
            return
        if event == "open":
            path = args[0]
            if isinstance(path, int) or os.fspath(path).startswith(self.allowed):
                return
        elif event == "import":
            if args[0] in sys.modules:
                return
        elif not event.startswith(FORBIDDEN) or event.startswith("shutil.rmtree"):
            return
        self.breaches.append(f"{event} {args!r}"[:300])
        raise Breach(self.breaches[-1])


def _late(*_):
    raise Late


def _set_alarm(on):
    signal.setitimer(signal.ITIMER_PROF, SECONDS * on, 0.5 * on)
    signal.setitimer(signal.ITIMER_REAL, ASLEEP * on, 0.5 * on)


def confine():
    """From here on the process has SPACE bytes, and its alarm raises Late."""
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, _late)
    resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))


def outcome_of(run, guard):
    start = time.perf_counter()
    _set_alarm(True)
    guard.breaches.clear()
    guard.armed = True
    try:
        run()
        kind, message = "loaded", ""
    except BaseException as error:
        guard.armed = False
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        kind, message = type(error).__name__, str(error)[:2000]
        if isinstance(error, hornlet.saving.FileError):
            kind = "FileError"
        elif isinstance(error, ValueError):
            kind = "ValueError"
        elif not isinstance(error, (Late, Breach)):
            message += "".join(traceback.format_exception(error))[-1500:]
    finally:
        guard.armed = False
        _set_alarm(False)
    if guard.breaches:
        kind, message = "Breach", guard.breaches[0]
    return kind, message, time.perf_counter() - start


def _warm(folder):
    """Everything that a good file brings in is imported before the hook is armed."""
    registry._complete()
    table.warm(folder)
    for content in functions.good_archives():
        table.Attack("good", lambda content=content: content, "archive").prepared(folder)[0]()
    for _ in functions.public():
        pass
    warnings.simplefilter("ignore")
    np.random.default_rng()
    names.near("dens", ["dense"])  # which errors are worded with
    codecs.lookup("ascii")  # which h5py asks for, to read fixed-length strings


def main(names):
    guard = Guard()
    sys.addaudithook(guard)
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        _warm(folder)
        guard.allowed = (folder,)
        confine()
        for group in names:
            name, _, share = group.partition(":")
            for attack in itertools.islice(table.GROUPS[name](), 0, None, int(share or 1)):
                run, path = attack.prepared(folder)
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                kind, message, seconds = outcome_of(run, guard)
                grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
                size = os.path.getsize(path) if path else 0
                row = [attack.name, kind, message, seconds, grown << 10, size]
                print(json.dumps(row), flush=True)
                if path:
                    os.unlink(path)


if __name__ == "__main__":
    main(sys.argv[1:])
