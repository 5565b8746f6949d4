"""One row per primitive: inputs, attributes and what NumPy or SciPy says the value is.

The laws of test_laws.py run over every row. A row whose reference is None draws random numbers; its
values are the business of test_random.py.
"""

import zlib

import numpy as np
from scipy import special

from hornlet.base.dtypes import numpy_dtype
from hornlet.engine import Spec, emit, trace

from .cases_conv import CONV, conv
from .cases_pool import POOL, pool

CASES = []
FLOATS = ("float16", "bfloat16", "float32", "float64")
WIDE = ("float32", "float64")
NUMBERS = (*FLOATS, "int32", "uint8")
EXACT = ("float64",)


class Array:
    """An array to be drawn in the dtype under test, or in ``dtype`` of its own."""

    def __init__(self, shape, low, high, dtype=None):
        self.shape, self.low, self.high, self.dtype = shape, low, high, dtype

    def make(self, dtype, random):
        dtype = self.dtype or dtype
        x = random.uniform(self.low, self.high, self.shape)
        if dtype == "bool":
            x = x > (self.low + self.high) / 2
        elif dtype.startswith("complex"):
            x = x + 1j * random.uniform(self.low, self.high, self.shape)
        elif dtype.startswith(("int", "uint")):
            x = np.floor(np.maximum(x, 0 if dtype.startswith("uint") else self.low))
        return np.asarray(x, numpy_dtype(dtype))


def x(*shape, low=-2.0, high=2.0, dtype=None):
    return Array(shape, low, high, dtype)


def positive(*shape):
    return Array(shape, 0.5, 3.0)


def unit(*shape):
    return Array(shape, -0.9, 0.9)


def index(n, *shape, back=False):
    """Indices into an axis of n elements, from its end too if `back`."""
    return Array(shape, -n if back else 0, n, "int32")


def mask(*shape):
    return Array(shape, 0, 1, "bool")


class Case:
    """`gives` is the result's dtype where that is not the inputs'; `vary` the inputs in which the
    gradient is compared with a difference, by default all floating ones."""

    def __init__(self, name, inputs, reference, attributes, dtypes, gives, vary):
        self.name, self.inputs, self.reference = name, inputs, reference
        self.attributes, self.dtypes, self.gives, self.vary = attributes, dtypes, gives, vary
        self.main = "float64" if "float64" in dtypes else dtypes[-1]
        self.number = sum(c.name == name for c in CASES)

    def __repr__(self):
        return f"{self.name}-{self.number}"

    def make(self, dtype="float64"):
        """The inputs, the same at every call."""
        random = np.random.default_rng(zlib.crc32(self.name.encode()))
        return [a.make(dtype, random) if isinstance(a, Array) else _as(a, dtype)
                for a in self.inputs]  # fmt: skip


def _as(array, dtype):
    array = np.asarray(array)
    return array.astype(numpy_dtype(dtype)) if array.dtype == np.float64 else array


def case(name, *inputs, reference, dtypes=FLOATS, gives=None, vary=None, **attributes):
    CASES.append(Case(name, inputs, reference, attributes, dtypes, gives, vary))


def adjoint(linear, shape, dy):
    """What the transpose of a linear map from arrays of `shape` makes of `dy`, element by element."""
    dx = np.zeros(shape)
    for at in np.ndindex(*shape):
        one = np.zeros(shape)
        one[at] = 1
        dx[at] = np.sum(linear(one) * dy)
    return dx


# Elementwise functions of one array: whole, empty and without axes.

SHAPES = ((2, 3), (0, 3), ())
SPECIAL_VALUES = np.array([np.nan, np.inf, -np.inf, -0.0, 1.5])


def unary(name, reference, draw=x, dtypes=FLOATS, gives=None):
    for shape in SHAPES:
        case(name, draw(*shape), reference=reference, dtypes=dtypes, gives=gives)


for name in (
    "exp", "expm1", "sin", "cos", "tan", "arctan", "cbrt", "sinh", "cosh", "tanh", "arcsinh",
):  # fmt: skip
    unary(name, getattr(np, name))
for name in ("log", "log1p", "log2", "log10", "sqrt", "reciprocal"):
    unary(name, getattr(np, name), positive)
for name in ("arcsin", "arccos", "arctanh"):
    unary(name, getattr(np, name), unit)
unary("arccosh", np.arccosh, lambda *shape: x(*shape, low=1.2, high=4))
for name in ("abs", "sign", "square"):
    unary(name, getattr(np, name), dtypes=NUMBERS)
unary("negative", np.negative, dtypes=(*FLOATS, "int32"))
for name in ("floor", "ceil", "trunc"):
    unary(name, getattr(np, name))
for name in ("isnan", "isinf", "isfinite"):
    unary(name, getattr(np, name), gives="bool")
    case(name, SPECIAL_VALUES, reference=getattr(np, name), gives="bool")
unary("logical_not", np.logical_not, dtypes=(*NUMBERS, "bool"), gives="bool")
unary("invert", np.invert, lambda *shape: index(9, *shape), EXACT, "int32")
unary("rsqrt", lambda x: 1 / np.sqrt(x), positive)
unary("sigmoid", special.expit)
case("sigmoid", x(20, low=-30, high=30), reference=special.expit)
unary("softplus", lambda x: np.logaddexp(x, 0))
case("softplus", x(20, low=-700, high=700), dtypes=WIDE, reference=lambda x: np.logaddexp(x, 0))
case("softplus", x((1 << 14) + 9), dtypes=WIDE, reference=lambda x: np.logaddexp(x, 0))
unary("relu", lambda x: x * (x > 0), dtypes=NUMBERS)
case("relu", x((1 << 14) + 9), dtypes=WIDE, reference=lambda x: x * (x > 0))
for shape in SHAPES:
    case("stop_gradient", x(*shape), dtypes=NUMBERS, vary=(), reference=np.array)
unary("copy", np.array, dtypes=NUMBERS)
unary("erf", special.erf, lambda *shape: x(*shape, low=-4, high=4))
unary("erfc", special.erfc, lambda *shape: x(*shape, low=-4, high=4))
unary("erfinv", special.erfinv, unit)
unary("lgamma", special.gammaln, lambda *shape: x(*shape, low=-3.8, high=12))
unary("digamma", special.digamma, lambda *shape: x(*shape, low=0.2, high=12))
case("digamma", [-0.3, -1.6, -2.7], dtypes=WIDE, reference=special.digamma)
for n in (1, 2, 3):
    case("polygamma", x(4, low=0.4, high=12), dtypes=WIDE, n=n,
         reference=lambda x, n: special.polygamma(n, x))  # fmt: skip
for shape in SHAPES:
    case("round", x(*shape), reference=lambda x: np.round(x))
    case("round", x(*shape, low=-200, high=200), decimals=-1, reference=np.round)
    case("round", x(*shape), decimals=2, dtypes=WIDE, reference=np.round)
    for part in ("real", "imag"):
        case(part, x(*shape, dtype="complex128"), dtypes=EXACT, gives="float64",
             reference=getattr(np, part))  # fmt: skip
        case(part, x(*shape), reference=getattr(np, part))
    case("conj", x(*shape, dtype="complex128"), dtypes=EXACT, gives="complex128", reference=np.conj)
    case("conj", x(*shape), reference=np.conj)
    for source, target in (("float64", "float32"), ("float32", "float64"), ("float64", "int32"),
                           ("int32", "float32"), ("bool", "float64"), ("float64", "bool")):  # fmt: skip
        case("cast", x(*shape, dtype=source), dtypes=EXACT, gives=target, dtype=target,
             vary=() if "float32" in (source, target) else None,
             reference=lambda x, dtype: x.astype(dtype))  # fmt: skip

# Elementwise functions of two arrays: equal shapes, repeated ones, empty, without axes.

PAIRS = (((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,)), ((0, 3), (1, 3)), ((), ()))


def binary(name, reference, a=x, b=x, dtypes=FLOATS, gives=None):
    for first, second in PAIRS:
        case(name, a(*first), b(*second), reference=reference, dtypes=dtypes, gives=gives)


for name in ("add", "subtract", "multiply", "maximum", "minimum"):
    binary(name, getattr(np, name), dtypes=(*FLOATS, "int32"))
binary("divide", np.divide, b=positive)
binary("remainder", np.remainder, b=positive)
binary("fmod", np.fmod, b=positive)
binary("floor_divide", np.floor_divide, b=positive)
case("floor_divide", index(99, 5), x(5, low=2, high=9, dtype="int32"), dtypes=EXACT, gives="int32",
     reference=np.floor_divide)  # fmt: skip
binary("power", np.power, positive)
case("power", [-1.5, 2.0, -0.5, 0.0], [2.0, 0.0, 3.0, 2.0], vary=(0,), reference=np.power)
binary("arctan2", np.arctan2)
binary("hypot", np.hypot)
binary("logaddexp", np.logaddexp)
binary("copysign", np.copysign)
binary("nextafter", np.nextafter, dtypes=EXACT)
for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    binary(name, getattr(np, name), dtypes=NUMBERS, gives="bool")
for name in ("logical_and", "logical_or", "logical_xor"):
    binary(name, getattr(np, name), mask, mask, EXACT, "bool")
    case(name, [0.0, 0.0, 2.0, -1.0], [0.0, 3.0, 0.0, 1.0], gives="bool",
         reference=getattr(np, name))  # fmt: skip
for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"):
    binary(name, getattr(np, name), lambda *s: index(99, *s), lambda *s: index(5, *s), EXACT,
           "int32")  # fmt: skip
binary("relu_grad", lambda dy, y: dy * (y > 0))
binary("above", lambda a, b: np.heaviside(a - b, 0.5), dtypes=EXACT)
case("above", [1.0, 2.0, 3.0], [2.0, 2.0, 2.0], vary=(), dtypes=EXACT,
     reference=lambda a, b: np.heaviside(a - b, 0.5))  # fmt: skip
for shapes in (((2, 3), (2, 3), (2, 3)), ((2, 1), (3,), (2, 3)), ((), (), ()), ((0,), (0,), ())):
    condition, a, b = shapes
    case("where", mask(*condition), x(*a), x(*b), dtypes=NUMBERS, reference=np.where)

# Reductions. The kernels choose their way by shape, hence the large ones.

REDUCED = (
    ((2, 3, 4), (0, 2)), ((2, 3, 4), (1,)), ((2, 3, 4), ()), ((5, 70), (0,)), ((5, 70), (1,)),
    ((70, 5), (1,)), ((32, 8, 16), (0, 1)), ((), ()),
)  # fmt: skip


def reduction(name, reference, draw=x, dtypes=FLOATS, gives=None, empty=()):
    for shape, axis in (*REDUCED, *empty):
        for keepdims in (False, True):
            case(name, draw(*shape), axis=axis, keepdims=keepdims, reference=reference,
                 dtypes=dtypes, gives=gives)  # fmt: skip


EMPTY = (((0, 3), (0,)), ((0, 3), (1,)), ((3, 0), (0, 1)))
reduction("sum", np.sum, dtypes=(*FLOATS, "int32"), empty=EMPTY)
reduction("mean", np.mean, empty=EMPTY[1:2])
for name in ("max", "min"):
    reduction(name, getattr(np, name), dtypes=(*FLOATS, "int32"), empty=EMPTY[1:2])
for name in ("any", "all"):
    reduction(name, getattr(np, name), mask, EXACT, "bool", EMPTY)
    case(name, [[0.0, 1.0], [np.nan, 0.0]], axis=(1,), gives="bool", reference=getattr(np, name))
for shape, axis in (((2, 3, 4), (0, 2)), ((2, 3, 4), ()), ((), ()), *EMPTY):
    case("prod", x(*shape), axis=axis, reference=np.prod)
case("prod", [[1.5, 0.0, 2.0], [0.0, 0.0, 3.0]], axis=(1,), keepdims=True, reference=np.prod)
for name in ("argmax", "argmin"):
    for axis, keepdims in ((0, False), (1, True)):
        case(name, x(3, 4), axis=axis, keepdims=keepdims, gives="int32", dtypes=(*WIDE, "int32"),
             reference=getattr(np, name))  # fmt: skip
    case(name, x(3, 0), axis=0, gives="int32", reference=getattr(np, name))


def running(function):
    def reference(x, axis, reverse=False):
        return np.flip(function(np.flip(x, axis), axis), axis) if reverse else function(x, axis)

    return reference


def recurrence(b, a, axis, reverse=False):
    b, a = (np.flip(v, axis) if reverse else v for v in (b, a))
    b, a = np.moveaxis(b, axis, 0), np.moveaxis(a, axis, 0)
    r = np.zeros_like(b)
    for i in range(len(b)):
        r[i] = b[i] + (a[i] * r[i - 1] if i else 0)
    r = np.moveaxis(r, 0, axis)
    return np.flip(r, axis) if reverse else r


for shape, axis in (((2, 3, 4), 1), ((5,), 0), ((3, 0), 1), ((0, 3), 1), ((3, 1), 1)):
    for reverse in (False, True):
        case("cumsum", x(*shape), axis=axis, reverse=reverse, reference=running(np.cumsum))
        case("cumprod", x(*shape), axis=axis, reverse=reverse, reference=running(np.cumprod))
        case("recurrence", x(*shape), x(*shape), axis=axis, reverse=reverse, dtypes=WIDE,
             reference=recurrence)  # fmt: skip
case("cumprod", [2.0, 0.0, 3.0, 0.0, 4.0], axis=0, reference=running(np.cumprod))
for shape, axis in (((2, 3, 4), 1), ((2, 40), 1), ((7, 10), 0), ((5,), 0), ((0, 3), 1), ((3, 0), 1)):
    for name in ("softmax", "log_softmax"):
        reference = getattr(special, name) if 0 not in shape else lambda x, axis: x
        case(name, x(*shape), axis=axis, reference=reference)
case("softmax", [[900.0, -900.0], [0.0, 1.0]], axis=1, dtypes=WIDE, reference=special.softmax)

# Sorting.

for shape, axis in (((4, 5), 0), ((4, 5), 1), ((6,), 0), ((0, 3), 0), ((3, 0), 1)):
    case("sort", x(*shape), axis=axis, dtypes=(*FLOATS, "int32"), reference=np.sort)
    case("argsort", x(*shape), axis=axis, gives="int32", dtypes=(*WIDE, "int32"),
         reference=lambda x, axis: np.argsort(x, axis, kind="stable"))  # fmt: skip


def top_k(x, k):
    places = np.argsort(-x, -1, kind="stable")[..., :k]
    return np.take_along_axis(x, places, -1), places


for shape, k in (((2, 5), 3), ((5,), 5), ((2, 5), 0), ((0, 4), 2)):
    case("top_k", x(*shape), k=k, dtypes=(*WIDE, "int32"), gives=(None, "int32"), reference=top_k)
case("top_k", [1.0, 3.0, 3.0, 2.0, 3.0], k=4, gives=(None, "int32"), reference=top_k, vary=())
for side in ("left", "right"):
    for shape in ((2, 3), (), (0,)):
        case("searchsorted", [-1.0, 0.0, 0.0, 1.5], x(*shape), side=side, gives="int32",
             reference=np.searchsorted)  # fmt: skip
case("searchsorted", [0.0, 1.0, 1.0], [1.0, 0.0, 5.0], gives="int32", reference=np.searchsorted)

# Moves.

for shape, target in (((2, 6), (3, 4)), ((4,), (2, 1, 2)), ((1, 1), ()), ((), (1,)), ((0, 3), (5, 0))):
    case("reshape", x(*shape), shape=target, dtypes=NUMBERS, reference=np.reshape)
for shape, axes in (((2, 3, 4), (2, 0, 1)), ((2, 3), (0, 1)), ((0, 3), (1, 0)), ((), ())):
    case("transpose", x(*shape), axes=axes, dtypes=NUMBERS, reference=np.transpose)
for shape, target in (((3,), (2, 3)), ((2, 1), (2, 3)), ((), (2, 2)), ((2,), (2,)), ((1,), (0,)), ((), ())):
    case("broadcast_to", x(*shape), shape=target, dtypes=NUMBERS, reference=np.broadcast_to)
for shape, axis in (((2, 3), 0), ((2, 3), 1), ((0, 2), 1)):
    case("flip", x(*shape), axis=axis, dtypes=NUMBERS, reference=np.flip)


def slices(index):
    return tuple(slice(*part) for part in index)


def sliced(x, index):
    return x[slices(index)]


def updated(x, value, index):
    x = x.copy()
    x[slices(index)] = value
    return x


for shape, at, part in (
    ((4, 5), ((1, 3, 1), (0, 5, 2)), (2, 3)),
    ((4, 5), ((3, None, -1), (4, 1, -2)), (4, 2)),
    ((4,), ((2, 2, 1),), (0,)),
    ((0, 3), ((0, 0, 1), (0, 2, 1)), (0, 2)),
    ((), (), ()),
):
    case("slice", x(*shape), index=at, dtypes=NUMBERS, reference=sliced)
    case("pad_slice", x(*part), shape=shape, index=at,
         reference=lambda x, shape, index: updated(np.zeros(shape), x, index))  # fmt: skip
    case("update_slice", x(*shape), x(*part), index=at, dtypes=NUMBERS, reference=updated)
for shape, widths in (((2, 3), ((1, 0), (2, 1))), ((2, 3), ((0, 0), (0, 0))), ((0, 2), ((1, 1), (0, 0))), ((), ())):
    case("pad", x(*shape), widths=widths, dtypes=(*FLOATS, "int32"),
         reference=lambda x, widths: np.pad(x, widths) if x.ndim else x)  # fmt: skip
case("pad", x(3), widths=((1, 2),), value=1.5, reference=lambda x, widths, value: np.pad(
    x, widths, constant_values=value))  # fmt: skip
for shapes, axis in ((((2, 3), (1, 3)), 0), (((2, 1), (2, 0), (2, 2)), 1), (((0,), (0,)), 0), (((2,),), 0)):
    case("concatenate", *(x(*s) for s in shapes), axis=axis, dtypes=NUMBERS,
         reference=lambda *xs, axis: np.concatenate(xs, axis))  # fmt: skip
for shapes in (((2, 3), (), (0, 2), (4,)), ((3,),), ((0,),)):
    case("pack", *(x(*s) for s in shapes), dtypes=NUMBERS,
         reference=lambda *xs: np.concatenate([v.ravel() for v in xs]))  # fmt: skip


def window(x, start, shape):
    corner = [min(max(int(s), 0), n - m) for s, n, m in zip(start, x.shape, shape)]
    return tuple(slice(c, c + m) for c, m in zip(corner, shape))


def window_updated(x, value, start):
    x = x.copy()
    x[window(x, start, value.shape)] = value
    return x


for shape, start, part in (((4, 5), (1, 2), (2, 3)), ((4, 5), (9, -3), (2, 5)), ((3,), (1,), (0,)), ((), (), ())):
    start = np.array(start, "int32")
    case("dynamic_slice", x(*shape), start, shape=part, dtypes=NUMBERS,
         reference=lambda x, start, shape: x[window(x, start, shape)])  # fmt: skip
    case("dynamic_update_slice", x(*shape), x(*part), start, dtypes=NUMBERS, reference=window_updated)

# Look-ups and their adjoints.

for shape, places, axis in (
    ((5, 3), index(5, 4, back=True), 0), ((2, 5, 3), index(5, 2, 3), 1), ((5,), index(5), 0),
    ((5, 3), index(5, 0), 0), ((5, 0), index(5, 2), 0), ((4, 2), [[3, 0], [3, 1]], 0),
    ((4,), [0, 1, 2, 3], 0), ((4,), [1, 1, 1, -1], 0),
):  # fmt: skip
    wanted = places.shape if isinstance(places, Array) else np.shape(places)
    case("take", x(*shape), places, axis=axis, dtypes=NUMBERS,
         reference=lambda x, indices, axis: np.take(x, indices, axis))  # fmt: skip
    case("take_add", x(*shape[:axis], *wanted, *shape[axis + 1 :]), places, shape=shape, axis=axis,
         reference=lambda dy, indices, shape, axis: adjoint(
             lambda x: np.take(x, indices, axis), shape, dy))  # fmt: skip


def gathered(x, indices):
    return x[tuple(np.moveaxis(indices, -1, 0))] if indices.shape[-1] else np.broadcast_to(
        x, (*indices.shape[:-1], *x.shape))  # fmt: skip


def scattered(x, indices, updates):
    x = x.copy()
    for at in np.ndindex(*indices.shape[:-1]):
        x[tuple(indices[at])] = updates[at]
    return x


for shape, places in (
    ((4, 3), index(3, 5, 2)), ((4, 3), index(4, 2, 2, 1, back=True)), ((4,), [[1], [1], [-3]]),
    ((2, 3), np.zeros((2, 0), "int32")), ((4, 3), np.zeros((0, 1), "int32")),
    ((4, 0), index(4, 2, 1)), ((3,), np.array([2], "int32")),
):  # fmt: skip
    lead = places.shape if isinstance(places, Array) else np.shape(places)
    wanted = (*lead[:-1], *shape[lead[-1] :])
    case("gather_nd", x(*shape), places, dtypes=NUMBERS, reference=gathered)
    case("scatter_add_nd", places, x(*wanted), shape=shape,
         reference=lambda indices, updates, shape: adjoint(
             lambda x: gathered(x, indices), shape, updates))  # fmt: skip
    case("scatter_update_nd", x(*shape), places, x(*wanted), dtypes=NUMBERS, reference=scattered)


def along(x, indices, axis):
    shape = list(np.broadcast_shapes(
        [1 if i == axis else n for i, n in enumerate(x.shape)], indices.shape))  # fmt: skip
    wide = [x.shape[axis] if i == axis else n for i, n in enumerate(shape)]
    return np.take_along_axis(np.broadcast_to(x, wide), np.broadcast_to(indices, shape), axis)


for shape, places, axis in (
    ((4, 3), index(4, 2, 3, back=True), 0), ((4, 3), index(3, 4, 5), 1), ((4, 3), index(3, 1, 2), 1),
    ((1, 3), index(3, 4, 2), 1), ((0, 3), index(3, 0, 2), 1), ((4, 3), index(3, 4, 0), 1),
):  # fmt: skip
    case("take_along_axis", x(*shape), places, axis=axis, dtypes=NUMBERS, reference=along)
for shape, places, axis in (((4, 3), index(4, 2, 3, back=True), 0), ((4, 3), index(3, 4, 5), 1), ((4, 3), index(3, 4, 0), 1)):
    case("put_along_axis_add", x(*places.shape), places, shape=shape, axis=axis,
         reference=lambda dy, indices, shape, axis: adjoint(
             lambda x: np.take_along_axis(x, indices, axis), shape, dy))  # fmt: skip
for places in (index(4, 2, 3), [0, -1, 7], index(4), index(4, 0)):
    for dtype in ("float32", "bool"):
        case("one_hot", places, n=4, dtype=dtype, dtypes=EXACT, gives=dtype,
             reference=lambda i, n, dtype: np.stack([i == k for k in range(n)], -1))  # fmt: skip

# Products, windows.

for a, b in (
    ((2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
    ((2, 1, 2, 3), (4, 3, 1)), ((0, 3), (3, 4)), ((2, 0), (0, 4)), ((0, 2, 3), (0, 3, 4)),
):  # fmt: skip
    case("matmul", x(*a), x(*b), dtypes=(*FLOATS, "int32"), reference=np.matmul)


def conv_filter_grad(x, dy, shape, **attributes):
    return adjoint(lambda w: conv(x, w, **attributes), shape, dy)


def conv_input_grad(dy, w, shape, **attributes):
    return adjoint(lambda x: conv(x, w, **attributes), shape, dy)


# One row each; test_windows.py goes through all of their geometry.
_conv = CONV[4]
_result = conv(np.zeros(_conv.x), np.zeros(_conv.w), **_conv.attributes).shape
case("conv", x(*_conv.x), x(*_conv.w), reference=conv, **_conv.attributes)
case("conv_filter_grad", x(*_conv.x), x(*_result), shape=_conv.w, reference=conv_filter_grad,
     **_conv.attributes)  # fmt: skip
case("conv_input_grad", x(*_result), x(*_conv.w), shape=_conv.x, reference=conv_input_grad,
     **_conv.attributes)  # fmt: skip


def max_pool(x, **attributes):
    return pool(x, np.nanmax, **attributes)


def max_pool_take(x, y, v, **attributes):
    """A complex maximum goes by the real part, and x has no ties."""
    return pool(x + 1j * v, np.nanmax, **attributes).imag


def max_pool_grad(x, y, dy, **attributes):
    return adjoint(lambda v: max_pool_take(x, y, v, **attributes), x.shape, dy)


def avg_pool(x, **attributes):
    return pool(x, np.nanmean, **attributes)


def avg_pool_grad(dy, shape, **attributes):
    return adjoint(lambda x: avg_pool(x, **attributes), shape, dy)


_pool = POOL[6]
# Distinct values a sixteenth apart, which every dtype can hold: rounding moves no maximum.
_pooled = (np.random.default_rng(0).permutation(np.prod(_pool.x)).reshape(_pool.x) - 90.0) / 16
_largest = max_pool(_pooled, **_pool.attributes)
case("max_pool", _pooled, reference=max_pool, **_pool.attributes)
case("max_pool_grad", _pooled, _largest, x(*_largest.shape), vary=(2,), reference=max_pool_grad,
     **_pool.attributes)  # fmt: skip
case("max_pool_take", _pooled, _largest, x(*_pool.x), vary=(2,), reference=max_pool_take,
     **_pool.attributes)  # fmt: skip
case("avg_pool", x(*_pool.x), reference=avg_pool, **_pool.attributes)
case("avg_pool_grad", x(*_largest.shape), shape=_pool.x, reference=avg_pool_grad,
     **_pool.attributes)  # fmt: skip

# Random numbers.

SEED = np.array([1, 2], "uint32")
for shape in ((2, 3), (0, 3), ()):
    for name, parameters, attributes in (
        ("random_uniform", (), {"low": -1.0, "high": 2.0}),
        ("random_normal", (), {}),
        ("random_truncated_normal", (), {}),
        ("dropout_mask", (), {"rate": 0.25}),
        ("random_gamma", (2.5,), {}),
        ("random_beta", (2.0, 3.0), {}),
        ("random_binomial", (8.0, 0.5), {}),
    ):
        for dtype in ("float32", "float16"):
            case(name, SEED, *parameters, shape=shape, dtype=np.dtype(dtype), dtypes=("float32",),
                 gives=dtype, vary=(), reference=None, **attributes)  # fmt: skip
    case("random_int", SEED, shape=shape, dtype=np.dtype("int32"), low=-2, high=5, dtypes=EXACT,
         gives="int32", reference=None)  # fmt: skip
for n in (5, 0):
    case("random_permutation", SEED, n=n, dtypes=EXACT, gives="int32", reference=None)

# Primitives that hold graphs; test_control.py has what their functions add.


def graph(function, *shapes):
    return trace(function, *(Spec(tuple(s), np.dtype("float64")) for s in shapes))


def scanned(w, h, xs, length, reverse, **_):
    ys = []
    for t in sorted(range(length), reverse=reverse):
        h = np.tanh(h @ w + xs[t])
        ys.append(h * h)
    return h, np.stack(ys[::-1] if reverse else ys) if ys else np.zeros((0, *h.shape))


def _recurrent(w, h, x):
    h = np.tanh(emit("matmul", h, w) + x)
    return h, h * h


_SCAN = graph(_recurrent, (3, 3), (2, 3), (2, 3))
for length, reverse in ((4, False), (4, True), (0, False)):
    case("scan", x(3, 3), x(2, 3), x(length, 2, 3), body=_SCAN, operands=1, carries=1,
         length=length, reverse=reverse, extends=None, dtypes=EXACT, reference=scanned)  # fmt: skip
_BRANCHES = (graph(lambda a, b: (a * b, a), (3,), (3,)), graph(lambda a, b: (b * b, b), (3,), (3,)))
for pred in (True, False):
    case("cond", np.array(pred), x(3), x(3), branches=_BRANCHES, dtypes=EXACT,
         reference=lambda p, a, b, branches: (a * b, a) if p else (b * b, b))  # fmt: skip


def halved(bound, factor, x, limit, **_):
    done = 0
    while np.abs(x).sum() > bound and done != limit:
        x, done = x * factor, done + 1
    return x


for limit in (None, 1):
    case("while", np.array(0.5), np.array(0.5), x(3), limit=limit, test_operands=1, operands=1,
         vary=(), test=graph(lambda bound, x: emit("sum", np.abs(x), axis=(0,)) > bound, (), (3,)),
         body=graph(lambda factor, x: x * factor, (), (3,)), dtypes=EXACT, reference=halved)  # fmt: skip
for shape, row in (((40, 3), (3,)), ((7,), ()), ((0, 3), (3,)), ((1, 1), (1,)), ((), ())):
    case("fused", x(*shape), x(*shape), x(*row), dtypes=EXACT, vary=(),
         body=graph(lambda a, b, c: (np.tanh(a * 2.0 + c), a - b), shape, shape, row),
         reference=lambda a, b, c, body: (np.tanh(a * 2 + c), a - b))  # fmt: skip
case("alarm", x(), reference=lambda x: x)
case("custom_gradient", x(3), x(3), rule=lambda dy: dy * 3.0, sources=1, vary=(),
     reference=lambda y, x, **_: y)  # fmt: skip
