"""What people write with plain NumPy in a layer: one row each, a function of x (2, 3) and y (3, 3).

The laws of test_numpy_protocols.py compare each row, traced, with NumPy itself and its gradient with
a difference of NumPy's values. REFUSED rows have no function of the library behind them, or ask for
what a traced value cannot know; each names its error.
"""

import math

import numpy as np


def added_in_place(x, y):
    x = x * 1.0
    x += 1
    x *= 2.0
    x -= y[0]
    x /= 3.0
    x **= 2
    return x


def unpacked(x, y):
    first, second = x
    return first * second


def through_methods(x, y):
    z = x.reshape(3, 2).transpose().swapaxes(0, 1).ravel().clip(0.6, 1.9)
    return z.reshape((2, -1)).squeeze().astype("float64").repeat(2, axis=0)


UFUNCS = (
    "tanh", "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "square",
    "abs", "absolute", "fabs", "sign", "negative", "positive", "reciprocal", "sin", "cos", "tan",
    "sinh", "cosh", "arctan", "arcsinh", "floor", "ceil", "trunc", "rint", "isnan", "isinf",
    "isfinite", "logical_not", "conjugate", "deg2rad", "rad2deg", "radians", "degrees", "signbit",
)  # fmt: skip
BINARY = (
    "add", "subtract", "multiply", "divide", "true_divide", "power", "float_power", "maximum",
    "minimum", "fmax", "fmin", "mod", "remainder", "fmod", "floor_divide", "arctan2", "hypot",
    "logaddexp", "logaddexp2", "copysign", "heaviside", "equal", "not_equal", "less", "less_equal",
    "greater", "greater_equal", "logical_and", "logical_or", "logical_xor",
)  # fmt: skip
REDUCTIONS = (
    "sum", "mean", "max", "min", "amax", "amin", "prod", "std", "var", "median", "argmax",
    "argmin", "any", "all", "nansum", "nanmean", "nanmax", "nanmin", "nanprod", "nanvar", "nanstd",
    "count_nonzero", "ptp", "average", "cumsum", "cumprod", "sort", "argsort", "flip",
)  # fmt: skip

ROWS = {
    **{f"np.{n}": (lambda f: lambda x, y: f(x))(getattr(np, n)) for n in UFUNCS},
    **{f"np.{n}": (lambda f: lambda x, y: f(x, y[0]))(getattr(np, n)) for n in BINARY},
    **{f"np.{n}(axis)": (lambda f: lambda x, y: f(x, axis=1))(getattr(np, n)) for n in REDUCTIONS},
    "np.arcsin": lambda x, y: np.arcsin(x / 4),
    "np.arccos": lambda x, y: np.arccos(x / 4),
    "np.arctanh": lambda x, y: np.arctanh(x / 4),
    "np.arccosh": lambda x, y: np.arccosh(x + 1),
    "np.sum": lambda x, y: np.sum(x),
    "np.mean(keepdims)": lambda x, y: np.mean(x, axis=-1, keepdims=True),
    "np.max(two axes)": lambda x, y: np.max(x, axis=(0, 1)),
    "np.quantile": lambda x, y: np.quantile(x, 0.25, axis=1),
    "np.percentile": lambda x, y: np.percentile(x, 25, axis=1),
    "np.where": lambda x, y: np.where(x > 1.2, x, -x),
    "np.where(array, number)": lambda x, y: np.where(np.eye(2, 3) > 0, x, 0.0),
    "np.clip": lambda x, y: np.clip(x, 0.8, 1.6),
    "np.clip(traced bounds)": lambda x, y: np.clip(x, y.min(), 1.6),
    "np.einsum": lambda x, y: np.einsum("ij,jk->ki", x, y),
    "np.matmul": lambda x, y: np.matmul(x, y),
    "np.dot": lambda x, y: np.dot(x, y),
    "np.dot(vectors)": lambda x, y: np.dot(x[0], y[1]),
    "np.vdot": lambda x, y: np.vdot(x, x),
    "np.inner": lambda x, y: np.inner(x, y),
    "np.outer": lambda x, y: np.outer(x, y[0]),
    "np.kron": lambda x, y: np.kron(x, y),
    "np.cross": lambda x, y: np.cross(x, y[0]),
    "np.trace": lambda x, y: np.trace(y),
    "np.tensordot": lambda x, y: np.tensordot(x, y, axes=1),
    "array @ x": lambda x, y: np.ones((4, 2)) @ x,
    "x @ array": lambda x, y: x @ np.ones((3, 4)),
    "x @ vector": lambda x, y: x @ y[0],
    "np.linalg.norm": lambda x, y: np.linalg.norm(x),
    "np.linalg.norm(axis)": lambda x, y: np.linalg.norm(x, axis=1, keepdims=True),
    "np.linalg.norm(ord=1)": lambda x, y: np.linalg.norm(x, ord=1, axis=1),
    "np.linalg.inv": lambda x, y: np.linalg.inv(y),
    "np.linalg.det": lambda x, y: np.linalg.det(y),
    "np.linalg.solve": lambda x, y: np.linalg.solve(y, x.T),
    "np.linalg.cholesky": lambda x, y: np.linalg.cholesky(y @ y.T),
    "np.concatenate": lambda x, y: np.concatenate([x, y], axis=0),
    "np.stack": lambda x, y: np.stack([x[0], y[0]], axis=1),
    "np.vstack": lambda x, y: np.vstack([x, y]),
    "np.hstack": lambda x, y: np.hstack([x[0], y[0]]),
    "np.append": lambda x, y: np.append(x, y, axis=0),
    "np.split": lambda x, y: np.split(x, 3, axis=1)[1],
    "np.array_split": lambda x, y: np.array_split(x, 2, axis=1)[0],
    "np.reshape": lambda x, y: np.reshape(x, (3, -1)),
    "np.ravel": lambda x, y: np.ravel(x),
    "np.transpose": lambda x, y: np.transpose(x, (1, 0)),
    "np.swapaxes": lambda x, y: np.swapaxes(x, 0, 1),
    "np.moveaxis": lambda x, y: np.moveaxis(x, 0, 1),
    "np.expand_dims": lambda x, y: np.expand_dims(x, 1),
    "np.squeeze": lambda x, y: np.squeeze(x[:1], axis=0),
    "np.broadcast_to": lambda x, y: np.broadcast_to(x, (4, 2, 3)),
    "np.tile": lambda x, y: np.tile(x, (2, 1)),
    "np.repeat": lambda x, y: np.repeat(x, 2, axis=1),
    "np.roll": lambda x, y: np.roll(x, 1, axis=1),
    "np.rot90": lambda x, y: np.rot90(x),
    "np.flipud": lambda x, y: np.flipud(x),
    "np.fliplr": lambda x, y: np.fliplr(x),
    "np.pad": lambda x, y: np.pad(x, ((1, 0), (0, 2))),
    "np.pad(constant)": lambda x, y: np.pad(x, 1, mode="constant", constant_values=2.0),
    "np.pad(edge)": lambda x, y: np.pad(x, 1, mode="reflect"),
    "np.take": lambda x, y: np.take(x, [0, 2], axis=1),
    "np.take_along_axis": lambda x, y: np.take_along_axis(x, np.argsort(x, axis=1), axis=1),
    "np.diag": lambda x, y: np.diag(y),
    "np.diagonal": lambda x, y: np.diagonal(y),
    "np.tril": lambda x, y: np.tril(y),
    "np.triu": lambda x, y: np.triu(y),
    "np.diff": lambda x, y: np.diff(x, axis=1),
    "np.atleast_1d": lambda x, y: np.atleast_1d(x[0, 0]),
    "np.atleast_2d": lambda x, y: np.atleast_2d(x[0]),
    "np.zeros_like": lambda x, y: np.zeros_like(x) + x,
    "np.ones_like": lambda x, y: np.ones_like(x) * x,
    "np.full_like": lambda x, y: np.full_like(x, 2.5) * x,
    "np.empty_like": lambda x, y: np.empty_like(x) * 0 + 1,
    "np.round": lambda x, y: np.round(x, 1),
    "np.real": lambda x, y: np.real(x),
    "np.nan_to_num": lambda x, y: np.nan_to_num(x),
    "np.isclose": lambda x, y: np.isclose(x, x),
    "np.sinc": lambda x, y: np.sinc(x),
    "np.select": lambda x, y: np.select([x > 1.5, x > 1], [x, 2 * x], 0.0),
    "np.meshgrid": lambda x, y: np.meshgrid(x[0], y[0])[1],
    "np.add.reduce": lambda x, y: np.add.reduce(x),
    "np.add.reduce(axis)": lambda x, y: np.add.reduce(x, axis=1, keepdims=True),
    "np.multiply.reduce": lambda x, y: np.multiply.reduce(x, axis=None),
    "np.maximum.reduce": lambda x, y: np.maximum.reduce(x, axis=1),
    "np.minimum.reduce": lambda x, y: np.minimum.reduce(x),
    "np.logical_and.reduce": lambda x, y: np.logical_and.reduce(x > 1),
    "np.add.accumulate": lambda x, y: np.add.accumulate(x, axis=1),
    "np.multiply.accumulate": lambda x, y: np.multiply.accumulate(x),
    "np.add.outer": lambda x, y: np.add.outer(x[0], y[0]),
    "np.multiply.outer": lambda x, y: np.multiply.outer(x, y[0]),
    "operators": lambda x, y: (-x + 2.0) * 3.0 / x - x**2 + 2.0**x + abs(x) + x % 0.7 + 1 / x,
    "reflected": lambda x, y: 1.0 - x + 2 / x + (3.0 // x) + np.float64(2.0) * x,
    "in place": added_in_place,
    "array += x": lambda x, y: np.ones(3) + x,
    "comparisons": lambda x, y: ((x > 1) & ~(x < 1.5)) | (x != 1.2) ^ (x >= 1.1),
    "x[0]": lambda x, y: x[0],
    "x[-1, 1]": lambda x, y: x[-1, 1],
    "x[..., ::2]": lambda x, y: x[..., ::2],
    "x[::-1]": lambda x, y: x[::-1],
    "x[:, None]": lambda x, y: x[:, None] * y[0],
    "x[np.newaxis]": lambda x, y: x[np.newaxis, :, 1],
    "x[list]": lambda x, y: x[:, [2, 0]],
    "x[array]": lambda x, y: x[np.array([1, 0, 1])],
    "x[arrays]": lambda x, y: x[np.array([1, 0]), np.array([2, 2])],
    "x[mask of numbers]": lambda x, y: x[:, np.array([True, False, True])],
    "x[traced index]": lambda x, y: y[np.argmax(x, axis=1)],
    "x.T": lambda x, y: x.T * 2,
    "x.mT": lambda x, y: x.mT * 2,
    "x.mean": lambda x, y: x.mean(axis=0, keepdims=True),
    "x.sum(None)": lambda x, y: x.sum(),
    "x.max": lambda x, y: x.max(axis=1),
    "x.std": lambda x, y: x.std(),
    "x.var": lambda x, y: x.var(axis=0),
    "x.argmax": lambda x, y: x.argmax(axis=1),
    "x.cumsum": lambda x, y: x.cumsum(axis=1),
    "x.dot": lambda x, y: x.dot(y),
    "x.flatten": lambda x, y: x.flatten() * 2,
    "x.copy": lambda x, y: x.copy() * 2,
    "x.take": lambda x, y: x.take([0, 1], axis=1),
    "x.trace": lambda x, y: y.trace(),
    "x.diagonal": lambda x, y: y.diagonal() * 1,
    "x.cumprod": lambda x, y: x.cumprod(axis=0),
    "x.conj": lambda x, y: x.conj() * 1,
    "x.real": lambda x, y: x.real * 1,
    "x.ptp": lambda x, y: np.ptp(x, axis=0),
    "x.round": lambda x, y: x.round(1),
    "x.nbytes": lambda x, y: x * x.nbytes,
    "methods": through_methods,
    "unpacking": unpacked,
    "for row in x": lambda x, y: sum(row.sum() * i for i, row in enumerate(x)),
    "attributes": lambda x, y: x * (len(x) + x.ndim + x.size + x.shape[0] + x.dtype.itemsize + x.itemsize),
    "np.shape": lambda x, y: x * (np.shape(x)[1] + np.ndim(x) + np.size(x)),
    "np.result_type": lambda x, y: x * np.ones((), np.result_type(x.dtype, np.float32)),
    "np.iscomplexobj": lambda x, y: x * (1 + np.iscomplexobj(x)),
    "np.finfo": lambda x, y: x + np.finfo(x.dtype).eps,
}  # fmt: skip


def item_assigned(x, y):
    x[0] = 1.0


def added_to_an_array(x, y):
    total = np.zeros(3)
    total += x[0]
    return total


# What asks for numbers that are not there yet, or for a function that is not there: the error's
# type and what it must say.
NO_NUMBERS = "no numbers yet.*ops.where.*ops.cond.*ops.while_loop.*run_eagerly=True"
REFUSED = {
    "if": (lambda x, y: x if x[0, 0] > 1 else y, TypeError, "`if`.*" + NO_NUMBERS[14:]),
    "while": (lambda x, y: [None for _ in iter(lambda: bool(x.sum() > 1), True)], TypeError, "true"),
    "and": (lambda x, y: (x.sum() > 1) and y, TypeError, "`and`"),
    "not": (lambda x, y: not x.sum(), TypeError, NO_NUMBERS),
    "chained comparison": (lambda x, y: 0 < x.sum() < 1, TypeError, NO_NUMBERS),
    "max of Python": (lambda x, y: max(x.sum(), y.sum()), TypeError, NO_NUMBERS),
    "in a list": (lambda x, y: x.sum() in [1.0, 2.0], TypeError, "`in`"),
    "in a traced value": (lambda x, y: 1.0 in x, TypeError, NO_NUMBERS),
    "int": (lambda x, y: int(x.sum()), TypeError, r"`int\(x\)`.*ops.where"),
    "float": (lambda x, y: float(x.sum()), TypeError, r"`float\(x\)`.*ops.where"),
    "item": (lambda x, y: x.sum().item(), TypeError, "`item"),
    "tolist": (lambda x, y: x.tolist(), TypeError, "`tolist"),
    "numpy": (lambda x, y: x.numpy(), TypeError, "`numpy"),
    "range": (lambda x, y: range(x.sum().astype("int32")), TypeError, "`range"),
    "index of a list": (lambda x, y: [1, 2][x.argmax()], TypeError, "a_list"),
    "math.sqrt": (lambda x, y: math.sqrt(x.sum()), TypeError, "float"),
    "for over no axes": (lambda x, y: list(x.sum()), TypeError, "fori_loop"),
    "len of no axes": (lambda x, y: len(x.sum()), TypeError, "no axes"),
    "np.array": (lambda x, y: np.array(x), TypeError, r"np.array\(x\)"),
    "np.asarray": (lambda x, y: np.asarray(x), TypeError, NO_NUMBERS),
    "np.array of a list": (lambda x, y: np.array([x.sum(), y.sum()]), TypeError, NO_NUMBERS),
    "array[traced]": (lambda x, y: np.arange(3)[x.argmax()], TypeError, NO_NUMBERS),
    "np.take(array, traced)": (lambda x, y: np.take(np.arange(3), x.argmax()), TypeError, "hornlet.ops"),
    "x[0] = 1": (item_assigned, TypeError, "slice_update"),
    "array += x": (added_to_an_array, TypeError, r"array = array \+ x"),
    "out=": (lambda x, y: np.exp(x, out=np.ones((2, 3))), TypeError, "out="),
    "np.std(ddof)": (lambda x, y: np.std(x, axis=1, ddof=1), TypeError, "np.std.*ddof.*hornlet.ops.std"),
    "np.interp": (lambda x, y: np.interp(x, [0.0, 1], [0.0, 1]), TypeError, "np.interp cannot be traced"),
    "np.linalg.cond": (lambda x, y: np.linalg.cond(y), TypeError, "np.linalg.cond cannot be traced"),
    "np.spacing": (lambda x, y: np.spacing(x), TypeError, "np.spacing cannot be traced"),
    "np.maximum.accumulate": (lambda x, y: np.maximum.accumulate(x), TypeError, "maximum.accumulate"),
    "np.add.at": (lambda x, y: np.add.at(x, [0], 1.0), TypeError, "np.add.at cannot be traced"),
    "x.fill": (lambda x, y: x.fill(0.0), AttributeError, "'fill'.*function of `ops`"),
    "x.colour": (lambda x, y: x.colour, AttributeError, "'colour'"),
    "x[mask]": (lambda x, y: x[x > 1], TypeError, "boolean mask.*ops.where"),
    "np.unique": (lambda x, y: np.unique(x), (TypeError, ValueError), "unique"),
    "np.nonzero": (lambda x, y: np.nonzero(x), (TypeError, ValueError), "nonzero|numbers"),
}  # fmt: skip
