"""Writing a model's predictions as a folder of a NumPy program and its weights."""

from __future__ import annotations

import io
import json
import keyword
import os
import textwrap
from typing import Any

import numpy as np

from hornlet.base.files import atomic_write
from hornlet.export.numpy_helpers import HELPERS, with_needs
from hornlet.export.numpy_rows import ATOM, PRODUCT, ROWS, UNARY, Term
from hornlet.export.signature import Signature
from hornlet.export.sizes import (
    ExportError,
    SizedGraph,
    Step,
    Value,
    Varying,
    formula,
    number_formula,
    same_padding,
    traced,
)

PROGRAM, WEIGHTS = "predict.py", "weights.npz"
_WIDTH = 96  # of a line
_INSIDE = 68  # of an expression that stands inside another line
_LARGEST = 1 << 28  # bytes of weights; beyond, NumPy alone is no way to run a model


class Source:
    """The lines of a function body, and what they need: weights, constants, helpers."""

    def __init__(self, graph: SizedGraph, names: list[str]):
        self.graph = graph
        self.lines: list[str] = []
        self.helpers: set[str] = set()
        self.arrays: dict[str, np.ndarray] = {}
        self._terms: dict[int, Term] = {}
        self._sources: dict[Varying, str] = {}
        self._users = graph.users()
        self._refs: dict[int, str] = {}
        self._layer = ""
        self._layers: dict[int, str] = {}  # of expressions without a line of their own
        for value, name in zip(graph.arguments, names):
            self._name(value, name)

    def use(self, helper: str) -> None:
        """Says that a helper is called."""
        self.helpers.add(helper)

    def is_same(self, step: Step) -> bool:
        """Whether a window is padded as "same" pads, whatever the size."""
        return same_padding(step)

    def literal(self, value: Any) -> str:
        """A number, or a nest of them, as Python writes it; sizes that vary as expressions."""
        if isinstance(value, Varying):
            places, operator, number = formula(value, self._sources)
            product = " * ".join(places)
            return f"{product} {operator} {number}" if operator else product
        if isinstance(value, (tuple, list)):
            parts = [self.literal(v) for v in value]
            return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
        return repr(value.item() if isinstance(value, np.generic) else value)

    def term(self, value: Value) -> Term:
        """The expression of a value."""
        if id(value) not in self._terms:
            if value.ref is not None:
                self._terms[id(value)] = Term(f"W[{json.dumps(self._weight(value.ref))}]")
            else:
                self._terms[id(value)] = self._constant(value)
        return self._terms[id(value)]

    def _weight(self, ref: Any) -> str:
        if ref.ref_serial not in self._refs:
            base = name = ref.path
            n = 0
            while name in self.arrays:
                n += 1
                name = f"{base}_{n}"
            self.arrays[name] = ref.array
            self._refs[ref.ref_serial] = name
        return self._refs[ref.ref_serial]

    def _constant(self, value: Value) -> Term:
        array = value.array
        if array is None:
            return self._sized(value)
        if array.ndim == 0 and array.dtype.kind == "b":
            return Term(repr(bool(array)))
        if array.ndim == 0 and np.isfinite(array):
            # Python's numbers take the dtype of the array beside them.
            text = str(array) if array.dtype.kind == "f" else repr(array.item())
            return Term(text, ATOM if array >= 0 else UNARY)
        name = f"constant_{len(self.arrays)}"
        self.arrays[name] = array
        return Term(f'W["{name}"]')

    def _sized(self, value: Value) -> Term:
        """A number that sizes make, or an array that is the same along the axes that vary."""
        arrays: Any = value.arrays
        if not any(isinstance(n, Varying) for n in value.shape):
            factor, places, inverse = number_formula(value, self._sources)
            sign, product = "/" if inverse else "*", " * ".join(places)
            product = f"({product})" if inverse and len(places) > 1 else product
            return Term(f"{factor:.9g} {sign} {product}", PRODUCT)
        slim = arrays[0][tuple(
            slice(0, 1) if isinstance(n, Varying) else slice(None) for n in value.shape
        )]  # fmt: skip
        if not all(np.array_equal(a, np.broadcast_to(slim, a.shape)) for a in arrays):
            raise ExportError(
                "A constant is made for the unknown sizes of the inputs. Give more dimensions in "
                "`Input`, or in `input_signature`."
            )
        name = f"constant_{len(self.arrays)}"
        self.arrays[name] = slim
        return Term(f'np.broadcast_to(W["{name}"], {self.literal(value.shape)})')

    def _name(self, value: Value, name: str) -> None:
        self._terms[id(value)] = Term(name)
        for axis, n in enumerate(value.shape):
            if isinstance(n, Varying):
                self._sources.setdefault(n, f"{name}.shape[{axis}]")

    def write(self) -> list[Term]:
        """Writes all steps; returns the expressions of the outputs."""
        for number, step in enumerate(self.graph.steps):
            rule = ROWS.get(step.name)
            if rule is None or len(step.outputs) != 1:
                raise ExportError(
                    f"`{step.name}` cannot be written to NumPy: the program is for feed-forward "
                    'and convolutional networks. Export with format="onnx" instead.'
                )
            term = rule(self, step, *(self.term(x) for x in step.inputs))
            y = step.outputs[0]
            self._layers[id(y)] = self._layer_of(step)
            if self._stands_inside(step, term):
                self._terms[id(y)] = term
                continue
            self._announce(self._layers.pop(id(y)))
            self.lines += wrapped(f"x{number} = {term.text}")
            self._name(y, f"x{number}")
        for y in self.graph.outputs:
            self._announce(self._layers.get(id(y), ""))
        return [self.term(y) for y in self.graph.outputs]

    def _stands_inside(self, step: Step, term: Term) -> bool:
        """Whether a step reads well inside the line of the only one that takes its result."""
        y = step.outputs[0]
        users = [user for user in self._users.get(id(y), []) for x in user.inputs if x is y]
        if len(users) + self.graph.outputs.count(y) != 1 or len(term.text) > _INSIDE:
            return False
        if any(isinstance(n, Varying) and n not in self._sources for n in y.shape):
            return False  # a line of its own shows where such a size can be read off
        windowed = step.name in ("conv", "conv_input_grad", "max_pool", "avg_pool")
        return not windowed or (bool(users) and users[0].name == "add")

    def _announce(self, layer: str) -> None:
        """A comment where the weights of another layer begin."""
        if layer and layer != self._layer:
            self._layer = layer
            self.lines.append(f"# {shown(layer)}")

    def _layer_of(self, step: Step) -> str:
        """The layer whose weights a step takes, itself or in an expression that stands in it."""
        paths = [x.ref.path.rpartition("/")[0] for x in step.inputs if x.ref is not None]  # type: ignore[attr-defined]
        inner = [self._layers[id(x)] for x in step.inputs if id(x) in self._layers]
        return next((layer for layer in [*inner, *paths] if layer), "")


def wrapped(line: str) -> list[str]:
    """A line in pieces that fit the width, broken behind commas in parentheses."""
    pieces, depth, quoted, start = [], 0, False, 0
    last, shallow = 0, 0  # the best place to break so far, and how deep it lies
    for i, c in enumerate(line):
        quoted = quoted != (c == '"' and line[i - 1] != "\\")
        depth += 0 if quoted else (c in "([{") - (c in ")]}")
        if c == "," and depth and not quoted and (last <= start or depth <= shallow):
            last, shallow = i + 1, depth
        if i - start > _WIDTH and last > start:
            pieces.append(line[start:last])
            start = last
    pieces.append(line[start:])
    return [pieces[0], *("    " + piece.lstrip() for piece in pieces[1:])]


def shown(name: str) -> str:
    """A name as comments and docstrings can hold it, whatever is in it."""
    return "".join(c for c in name if c.isprintable() and c not in '"\\')


def write(model: Any, path: str, signature: Any = None) -> None:
    """Writes `predict.py` and `weights.npz` into the folder `path`."""
    called = Signature(model, signature)
    graph, shapes, one = traced(called.function, called.symbols)
    if one.writes:
        raise ExportError("The model assigns variables when it predicts.")
    names = [_identifier(name, i) for i, name in enumerate(called.names)]
    source = Source(graph, names)
    results = source.write()
    total = sum(a.nbytes for a in source.arrays.values())
    if total > _LARGEST:
        raise ExportError(
            f'The model has {total:,} bytes of weights; format="numpy" is for small networks, of '
            f'{_LARGEST:,} bytes at most. Export with format="onnx" instead.'
        )
    text = _program(model.name, called, names, shapes, source, results)
    weights = io.BytesIO()
    arrays: Any = source.arrays
    np.savez(weights, **arrays)
    os.makedirs(path, exist_ok=True)
    # The program comes last: a folder with one has the weights it belongs to.
    content = weights.getvalue()
    atomic_write(os.path.join(path, WEIGHTS), lambda file: file.write(content))
    atomic_write(os.path.join(path, PROGRAM), lambda file: file.write(text.encode()))


def _identifier(name: str, i: int) -> str:
    plain = "".join(c if c.isalnum() or c == "_" else "_" for c in name)
    taken = plain in ("np", "W", "os", "math", *HELPERS, *keyword.kwlist) or plain[:1] == "x"
    return plain if plain.isidentifier() and not taken else f"input_{i}"


_HEAD = '''"""The predictions of the model {name}, in NumPy alone.

    from predict import predict
    {call}

The weights lie beside this file, in {weights}.
"""

{imports}

with np.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), "{weights}")) as file:
    W = {{name: file[name] for name in file.files}}
'''


def _program(
    name: str, called: Signature, names: list[str], shapes: list, source: Source,
    results: list[Term],
) -> str:  # fmt: skip
    helpers = with_needs(source.helpers)
    imports = ["import os", *(["import math"] if "erf" in helpers else [])]
    parts = [_HEAD.format(
        name=shown(name), weights=WEIGHTS,
        call=f"y = predict({', '.join(names)})", imports="\n".join([*sorted(imports), "",
                                                                    "import numpy as np"]),
    )]  # fmt: skip
    parts += [HELPERS[helper].strip("\n") + "\n" for helper in helpers]
    body = [f'"""{_documented(names, called, shapes)}"""']
    body += [f'{n} = np.asarray({n}, "{x.dtype}")' for n, x in zip(names, called.symbols)]
    body += source.lines
    body += wrapped("return " + ", ".join(y.text for y in results))
    function = f"def predict({', '.join(names)}):\n" + textwrap.indent("\n".join(body), "    ")
    return "\n\n".join([*parts, function]) + "\n"


def _documented(names: list[str], called: Signature, shapes: list) -> str:
    told = [
        f"{name} ({', '.join(map(str, shape))}) {x.dtype}"
        for name, shape, x in zip(names, shapes, called.symbols)
    ]
    return "The model's outputs for " + ", ".join(told) + "."
