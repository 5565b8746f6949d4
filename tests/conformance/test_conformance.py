"""Every public name of Keras, with its arguments, defaults and order, is hornlet's too."""

import fnmatch

import keras
import pytest

import hornlet

from .exceptions import EXCEPTIONS, UNWRITTEN
from .page import PAGE, page
from .walk import differences, names

pytestmark = pytest.mark.skipif(
    not keras.__version__.startswith("3.15."), reason="the names are those of Keras 3.15"
)
WAITING = {f"{place}.{name}" for place, found in UNWRITTEN.items() for name in found.split()}


@pytest.fixture(scope="module")
def found():
    return dict(differences(keras, hornlet))


def excused(path):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in EXCEPTIONS)


def test_public_names_are_those_of_keras(found):
    wrong = [f"{p} {what}" for p, what in found.items() if p not in WAITING and not excused(p)]
    assert not wrong, "\n".join(wrong)


def test_what_is_listed_as_unwritten_is_unwritten(found):
    done = sorted(WAITING - set(found))
    assert not done, f"written meanwhile: take off UNWRITTEN in exceptions.py: {done}"


def test_every_exception_is_needed_and_gives_a_reason(found):
    for pattern, reason in EXCEPTIONS.items():
        assert any(fnmatch.fnmatchcase(path, pattern) for path in found), f"not needed: {pattern}"
        assert len(reason.split()) > 3, pattern
    assert not [path for path in WAITING if excused(path)], "listed twice"


def test_the_page_is_up_to_date(found):
    assert PAGE.read_text() == page(found), "write it anew: python -m tests.conformance.page"


def test_the_walk_sees_the_whole_interface():
    assert len(names(keras)) > 1400
    for path in ("keras.ops.image.resize", "keras.applications.resnet50.ResNet50", "keras.Layer"):
        assert path in names(keras)


class Theirs:
    def method(self, a, b=1):
        return a + b

    @property
    def size(self):
        return 0


class Ours:
    def __init__(self):
        self.size = 0

    def method(self, a, b=2):
        return a + b


def module(**things):
    made = type(keras)("package")
    vars(made).update(things)
    return made


@pytest.mark.parametrize(
    ("ours", "wrong"),
    [
        (module(f=lambda x, y=1: x, C=Theirs, D=Theirs), []),
        (module(C=Theirs, D=Theirs), ["f"]),
        (module(f=lambda x, y=2: x, C=Theirs, D=Theirs), ["f"]),
        (module(f=lambda y=1, x=0: x, C=Theirs, D=Theirs), ["f"]),
        (module(f=lambda x, y=1: x, C=Theirs, D=Ours), ["D"]),
        (module(f=lambda x, y=1: x, C=Ours, D=Ours), ["C.method", "C.size"]),
    ],
)
def test_the_walk_finds_what_differs(ours, wrong):
    theirs = module(f=lambda x, y=1: x, C=Theirs, D=Theirs)
    found = [path.removeprefix("package.") for path, _ in differences(theirs, ours)]
    assert sorted(found) == wrong
