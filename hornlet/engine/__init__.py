"""The engine: primitives, graphs, gradients, plans and programs. It knows no word of Keras."""

from hornlet.engine import protocols, table  # noqa: F401
from hornlet.engine.compiled import Compiled
from hornlet.engine.control import cond, scan, while_loop
from hornlet.engine.emit import Tensor, emit
from hornlet.engine.explain import explain
from hornlet.engine.gradient import gradient
from hornlet.engine.passes import check
from hornlet.engine.plan import make_plan
from hornlet.engine.primitive import PRIMITIVES, primitive
from hornlet.engine.ref import Ref
from hornlet.engine.spec import Spec
from hornlet.engine.tape import GradientTape
from hornlet.engine.trace import Graph, trace

__all__ = [
    "PRIMITIVES", "Compiled", "GradientTape", "Graph", "Ref", "Spec", "Tensor", "check", "cond",
    "emit", "explain", "gradient", "make_plan", "primitive", "scan", "trace", "while_loop",
]  # fmt: skip
