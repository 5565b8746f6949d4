"""The rules of the house: imports, faces, length of files, and examples that run."""

import ast
import doctest
import importlib
import inspect
import pathlib
import subprocess
import sys
import types
import warnings

import numpy as np
import pytest

import hornlet

ROOT = pathlib.Path(hornlet.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
LEVELS = [
    ("base",),
    ("engine",),
    ("tensor",),
    ("ops",),
    ("random", "plot", "distribution"),
    ("activations", "initializers", "regularizers", "constraints", "quantizers"),
    ("layers", "losses", "optimizers", "callbacks"),
    ("metrics",),
    ("training", "saving", "export"),
    ("models",),
    ("utils", "distillation"),
    ("mini", "wrappers", "datasets", "preprocessing", "legacy", "applications", "visualization"),
    ("experiments", "aliases"),
    ("cli",),
    ("__main__",),
]
LEVEL = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}
# Single modules at the root which only re-export stand above everything.
FACE = len(LEVELS)
# May be imported inside functions: extras, and h5py, which `import hornlet` leaves alone.
OPTIONAL = {
    "matplotlib", "PIL", "ml_dtypes", "h5py", "pydot", "scipy", "jax", "keras", "torch", "sklearn",
    "requests",
}  # fmt: skip
# A room made for another package imports it at the top; it is loaded when a user asks for it.
BRIDGES = {"hornlet.wrappers.bridge": "sklearn"}
# Files over 400 lines, each with its reason.
LONG: dict[str, str] = {}
# Helpers that rooms share through a face, which are no part of Keras's interface.
SHARED = {
    "draw_seed",
    "get_seed",
    "global_seed_generator",
    "make_default_seed",
    "reset_global_seed_generator",
}
# Rooms whose files are tested together: by a table of cases that every law runs over, or as one.
TABLES = {
    "activations": "activations/cases.py",
    "applications": "applications/test_network.py",
    "callbacks": "callbacks/cases.py",
    "constraints": "constraints/test_constraints.py",
    "datasets": "datasets/test_against_keras.py",
    "distillation": "distillation/test_distillation.py",
    "distribution": "distribution/test_distribution.py",
    "experiments": "experiments/test_experiments.py",
    "export": "export/test_layers.py",
    "initializers": "initializers/test_initializers.py",
    "layers": "layers/cases.py",
    "legacy": "utils/test_legacy.py",
    "losses": "losses/cases.py",
    "metrics": "metrics/cases.py",
    "mini": "mini/test_mini.py",
    "models": "models/test_against_keras.py",
    "ops": "ops/cases.py",
    "optimizers": "optimizers/cases.py",
    "plot": "plot/test_plot.py",
    "quantizers": "quantizers/test_quantizers.py",
    "preprocessing": "utils/test_folders.py",
    "random": "random/test_random.py",
    "regularizers": "regularizers/test_regularizers.py",
    "saving": "saving/test_both_ways.py",
    "tensor": "tensor/test_symbols.py",
    "training": "training/test_against_keras.py",
    "utils": "utils/test_utils.py",
    "visualization": "visualization/test_visualization.py",
    "wrappers": "wrappers/test_wrappers.py",
}
# Files of the other rooms that no test of their own name belongs to, and what tests them.
TESTED_BY = {
    "base/configurable": "layers/test_laws.py",
    "base/lookup": "test_bad_input.py",
    "base/onnx_format": "base/test_protobuf.py",
    "base/version": "test_house.py",
    "cli/demo": "cli/test_commands.py",
    "cli/figure": "cli/test_pictures.py",
    "cli/main": "cli/test_commands.py",
    "cli/networks": "cli/test_commands.py",
    "cli/predict": "cli/test_pictures.py",
    "engine/front": "engine/test_compiled.py",
    "engine/native": "engine/test_native_conv.py",
    "engine/ops": "engine/cases.py",
    "engine/primitive": "engine/test_laws.py",
    "engine/protocols": "engine/test_numpy_protocols.py",
    "engine/spec": "engine/test_trace.py",
    "engine/state": "engine/test_trace.py",
    "engine/table": "engine/test_laws.py",
    "engine/tensor": "engine/test_trace.py",
}


def _name(path):
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = [_name(path) for path in FILES]
TREES = {_name(path): ast.parse(path.read_text(), str(path)) for path in FILES}
FACES = {_name(path) for path in FILES if path.name == "__init__.py"}
by_module = pytest.mark.parametrize("module", NAMES)


def _room(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def _level(module):
    return LEVEL.get(_room(module), FACE)


def _imports(tree):
    """Pairs of imported module and whether the import stands inside a function."""
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
    }
    # What only type checkers read.
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in inside, node
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if whole in TREES else node.module), id(node) in inside, node


@by_module
def test_imports_only_point_down(module):
    own_room, own_level = _room(module), _level(module)
    is_face = module in FACES or own_level == FACE
    for target, _, node in _imports(TREES[module]):
        if target.split(".")[0] != "hornlet":
            continue
        where = f"{module}:{node.lineno} imports {target}"
        if is_face and own_room in ("", _room(target)):
            continue
        if own_level == FACE:
            continue
        assert target != "hornlet", f"{where}: the package root"
        if _room(target) == own_room:
            assert target not in FACES or is_face, f"{where}: a face of its own room"
        else:
            assert _level(target) < own_level, f"{where}: not below it"


@by_module
def test_no_import_hides_in_a_function(module):
    for target, inside, node in _imports(TREES[module]):
        package = target.split(".")[0]
        if inside:
            allowed = package in OPTIONAL or package in sys.stdlib_module_names
            assert allowed, f"{module}:{node.lineno} imports {target} inside a function"
        else:
            known = package in sys.stdlib_module_names or package in ("numpy", "hornlet")
            known = known or package == BRIDGES.get(module)
            assert known, f"{module}:{node.lineno} needs {target} to be imported"


def test_modules_are_in_no_cycle():
    edges = {
        module: {target for target, _, _ in _imports(tree) if target in TREES and target != module}
        for module, tree in TREES.items()
    }
    done, path = set(), []

    def visit(module):
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module in done:
            return
        path.append(module)
        for target in edges[module]:
            visit(target)
        path.pop()
        done.add(module)

    for module in edges:
        visit(module)


@pytest.mark.parametrize("module", sorted(FACES))
def test_faces_export_what_they_say(module):
    face = importlib.import_module(module)
    if module == "hornlet":
        pytest.skip("has a test of its own")
    bound = set()
    for node in TREES[module].body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            if getattr(node, "module", "") != "__future__":
                bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            pytest.fail(f"{module} defines {node.name}: a face only re-exports")
        elif isinstance(node, ast.Assign):
            bound |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    exported = set(getattr(face, "__all__", ()))
    public = {name for name in bound if not name.startswith("_")} - {"hornlet"}
    modules = {name for name in public if isinstance(getattr(face, name), types.ModuleType)}
    public -= modules - exported
    assert exported - {"__version__"} == public, exported ^ public
    assert len(face.__all__ if exported else ()) == len(exported), "named twice"
    for name in exported:
        assert hasattr(face, name)


def test_the_root_tells_type_checkers_what_it_loads_on_demand():
    """The imports under TYPE_CHECKING and the table of places name the same things."""
    block = next(node for node in TREES["hornlet"].body if isinstance(node, ast.If))
    places = {}
    for node in block.body:
        for alias in node.names:
            places[alias.name] = node.module.removeprefix("hornlet").lstrip(".")
    rooms = {name for name, place in places.items() if not place}
    assert rooms == {*hornlet._ROOMS, *hornlet._OTHERS}
    assert {name: place for name, place in places.items() if place} == hornlet._NAMES
    assert set(hornlet.__all__) == {*places, "__version__"} and len(hornlet.__all__) == len(
        set(hornlet.__all__)
    )
    for name in hornlet.__all__:
        assert getattr(hornlet, name) is not None
    with pytest.raises(AttributeError):
        hornlet.no_such_name


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_files_are_short_and_start_with_a_word(path):
    lines = path.read_text().splitlines()
    name = str(path.relative_to(ROOT))
    assert len(lines) <= 400 or name in LONG, f"{len(lines)} lines"
    assert not (name in LONG and len(lines) <= 400), "no longer long: take it off the list"
    if lines:
        assert ast.get_docstring(TREES[_name(path)]), "a module docstring"


@by_module
def test_no_unfinished_business(module):
    text = (ROOT.parent / (module.replace(".", "/"))).with_suffix(".py")
    text = text if text.exists() else ROOT.parent / module.replace(".", "/") / "__init__.py"
    for word in ("TODO", "FIXME", "XXX", "for now"):
        assert word not in text.read_text(), word


@by_module
def test_doctest(module):
    """Every example in a public docstring runs and prints what it says."""
    if module.endswith("__main__"):
        pytest.skip("runs the command line")
    found = importlib.import_module(module)
    finder = doctest.DocTestFinder(exclude_empty=True)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    runner = doctest.DocTestRunner(optionflags=flags)
    output = []
    for test in finder.find(found, globs={}):
        test.globs.update({"np": np, "keras": hornlet, "hornlet": hornlet})
        hornlet.utils.set_random_seed(0)
        with warnings.catch_warnings(), np.printoptions(legacy=False):
            warnings.simplefilter("ignore")
            runner.run(test, out=output.append, clear_globs=True)
    assert runner.failures == 0, "".join(output)


@pytest.mark.parametrize("module", sorted(FACES - {"hornlet", "hornlet.engine", "hornlet.cli"}))
def test_public_things_have_examples(module):
    face = importlib.import_module(module)
    bare = []
    for name in getattr(face, "__all__", ()):
        thing = getattr(face, name)
        if callable(thing) and (getattr(thing, "__module__", "") or "").startswith("hornlet"):
            words = thing.__doc__ or ""
            is_alias = "another name of" in words or "short name of" in words
            if ">>>" not in words and not is_alias and name not in SHARED:
                bare.append(name)
    assert not bare, f"no example: {bare}"


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_every_file_has_its_test(path):
    """The tests mirror the package: a test of the file's name, or what the maps above name."""
    place = path.relative_to(ROOT).with_suffix("")
    if path.name == "__init__.py" or len(place.parts) == 1:
        return
    tests = ROOT.parent / "tests"
    if not tests.exists():
        pytest.skip("installed without the tests")
    own = tests / place.parent / f"test_{place.name}.py"
    other = TABLES.get(place.parts[0]) or TESTED_BY.get("/".join(place.parts[:2]))
    assert own.exists() or other, f"write {own.relative_to(tests.parent)}"
    assert own.exists() or (tests / other).exists(), f"{other} is gone"


def _public_functions(face):
    for name in getattr(face, "__all__", ()):
        thing = getattr(face, name)
        members = vars(thing).items() if isinstance(thing, type) else [(name, thing)]
        for key, member in members:
            if isinstance(member, (staticmethod, classmethod)):
                member = member.__func__
            elif isinstance(member, property):
                member = member.fget
            shown = not key.startswith("_") or key in ("__init__", "__call__")
            if shown and isinstance(member, types.FunctionType):
                yield inspect.unwrap(member)


@pytest.mark.parametrize("module", sorted(FACES))
def test_public_signatures_are_annotated(module):
    bare = set()
    for function in _public_functions(importlib.import_module(module)):
        own = function.__module__.startswith("hornlet.")
        if not own or function.__name__ == "<lambda>":
            continue
        signature = inspect.signature(function)
        named = [p for p in signature.parameters.values() if p.name not in ("self", "cls")]
        typed = all(p.annotation is not p.empty for p in named)
        if function.__name__ != "__init__":
            typed = typed and signature.return_annotation is not signature.empty
        if not typed:
            bare.add(f"{function.__module__}.{function.__qualname__}")
    assert not bare, f"no annotations: {sorted(bare)}"


def test_import_brings_numpy_and_the_standard_library_only():
    code = (
        "import sys, hornlet; [getattr(hornlet, name) for name in hornlet.__all__"
        " if name != 'wrappers'];"
        "print(sorted({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    names = set(ast.literal_eval(run.stdout.strip().splitlines()[-1]))
    bare = subprocess.run(
        [sys.executable, "-c", "import sys;" + code.split(";")[-1]],
        capture_output=True,
        text=True,
        check=True,
    )
    startup = set(ast.literal_eval(bare.stdout.strip().splitlines()[-1]))
    own = {"numpy", "hornlet", "cython_runtime"}  # the last comes with NumPy 1
    assert names - startup <= own | {n for n in names if n.startswith("_")}


def test_version_is_that_of_the_project_file():
    project = ROOT.parent / "pyproject.toml"
    if not project.exists():
        pytest.skip("installed without the project file")
    assert f'version = "{hornlet.__version__}"' in project.read_text()
