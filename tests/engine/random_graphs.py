"""Random programs: lists of small steps that any library with keras.ops's functions can run."""

import numpy as np
from hypothesis import strategies as st

SHAPES = ((2, 3), (3,), (), (2, 1, 3), (1, 4))
MOST = 48  # elements; what grows beyond is averaged along its first axis


def pick(x, k):
    return k % max(1, len(x.shape))


def flat(ops, x):
    return ops.reshape(x, (-1,))


def wide(ops, x):
    """Flat and of the dtype that Keras does not keep everywhere."""
    return ops.cast(flat(ops, x), "float64")


def rows(ops, x):
    return ops.reshape(x, (x.shape[0] if x.shape else 1, -1))


def along(function):
    """A step that needs an axis."""
    return lambda ops, x, y, k: function(ops, x if x.shape else flat(ops, x), pick(x, k))


def pair(function):
    """A step of two values that broadcast together; if they do not, the second's mean is taken."""

    def step(ops, x, y, k):
        try:
            np.broadcast_shapes(tuple(x.shape), tuple(y.shape))
        except ValueError:
            y = ops.mean(y)
        return function(ops, x, y)

    return step


STEPS = {
    "tanh": lambda ops, x, y, k: ops.tanh(x),
    "sin": lambda ops, x, y, k: ops.sin(x),
    "exp": lambda ops, x, y, k: ops.exp(ops.sin(x)),
    "sigmoid": lambda ops, x, y, k: ops.sigmoid(x),
    "softplus": lambda ops, x, y, k: ops.softplus(x),
    "relu": lambda ops, x, y, k: ops.relu(x),
    "gelu": lambda ops, x, y, k: ops.gelu(x),
    "square": lambda ops, x, y, k: ops.square(x) * 0.25,
    "root": lambda ops, x, y, k: ops.sqrt(ops.abs(x) + 1.0),
    "log": lambda ops, x, y, k: ops.log(ops.abs(x) + 0.5),
    "erf": lambda ops, x, y, k: ops.erf(x),
    "negative": lambda ops, x, y, k: 1.0 - x,
    "scaled": lambda ops, x, y, k: (x * 1.0 + 0.0) / (k + 2.0),
    "stopped": lambda ops, x, y, k: ops.stop_gradient(x) * x,
    "clip": lambda ops, x, y, k: ops.clip(x, -0.7, 0.8),
    "softmax": along(lambda ops, x, a: ops.softmax(x, a)),
    "log_softmax": along(lambda ops, x, a: ops.log_softmax(x, a)),
    "cumsum": along(lambda ops, x, a: ops.cumsum(x, a) * 0.5),
    "cumprod": along(lambda ops, x, a: ops.cumprod(ops.tanh(x), a)),
    "sum": along(lambda ops, x, a: ops.sum(x, a) * 0.5),
    "sum_kept": along(lambda ops, x, a: ops.sum(x, a, keepdims=True) * 0.5),
    "mean": along(lambda ops, x, a: x - ops.mean(x, a, keepdims=True)),
    "max": along(lambda ops, x, a: ops.max(x, a)),
    "min": along(lambda ops, x, a: ops.min(x, a, keepdims=True)),
    "prod": along(lambda ops, x, a: ops.prod(ops.tanh(x), a)),
    "var": along(lambda ops, x, a: ops.var(x, a)),
    "logsumexp": along(lambda ops, x, a: ops.logsumexp(x, a)),
    "norm": along(lambda ops, x, a: ops.sqrt(ops.sum(x * x, a) + 1.0)),
    "sort": along(lambda ops, x, a: ops.sort(x, a)),
    "by_order": along(lambda ops, x, a: ops.take_along_axis(x, ops.argsort(x, a), a)),
    "largest": along(lambda ops, x, a: ops.one_hot(ops.argmax(x, a), 3, dtype="float64")),
    "flip": along(lambda ops, x, a: ops.flip(x, a)),
    "roll": along(lambda ops, x, a: ops.roll(x, 1, a)),
    "repeat": along(lambda ops, x, a: ops.repeat(x, 2, a)),
    "take": along(lambda ops, x, a: ops.take(x, np.array([0, -1, 0], "int32"), a)),
    "stack": along(lambda ops, x, a: ops.stack([x, x * 0.5], a)),
    "halves": along(lambda ops, x, a: ops.concatenate(ops.split(x, x.shape[a], a)[::-1], a)),
    "step": lambda ops, x, y, k: x[..., ::2] if x.shape else x,
    "first": lambda ops, x, y, k: x[0] if x.shape else x,
    "turned": lambda ops, x, y, k: ops.transpose(x),
    "flat": lambda ops, x, y, k: flat(ops, x),
    "wider": lambda ops, x, y, k: ops.expand_dims(x, pick(x, k)),
    "narrow": lambda ops, x, y, k: ops.squeeze(x),
    "padded": lambda ops, x, y, k: ops.pad(x, [[k % 2, 1]] * len(x.shape)) if x.shape else x,
    "updated": lambda ops, x, y, k: ops.slice_update(
        wide(ops, x), [k % np.prod(x.shape, dtype=int)], wide(ops, y)[:1]),
    "add": pair(lambda ops, x, y: x + y),
    "subtract": pair(lambda ops, x, y: x - y),
    "multiply": pair(lambda ops, x, y: x * ops.tanh(y)),
    "divide": pair(lambda ops, x, y: x / (1.0 + y * y)),
    "maximum": pair(lambda ops, x, y: ops.maximum(x, y)),
    "minimum": pair(lambda ops, x, y: ops.minimum(x, y)),
    "power": pair(lambda ops, x, y: ops.power(ops.abs(x) + 0.5, ops.tanh(y))),
    "logaddexp": pair(lambda ops, x, y: ops.logaddexp(x, y)),
    "arctan2": pair(lambda ops, x, y: ops.arctan2(x, y * y + 0.5)),
    "where": pair(lambda ops, x, y: ops.where(x > y, ops.tanh(x), y)),
    "concatenate": lambda ops, x, y, k: ops.concatenate([flat(ops, x), flat(ops, y)]),
    "outer": lambda ops, x, y, k: ops.matmul(
        ops.reshape(x, (-1, 1)), ops.reshape(flat(ops, y)[:4], (1, -1))),
    "gram": lambda ops, x, y, k: ops.matmul(rows(ops, x), ops.transpose(rows(ops, x))) * 0.2,
    "tensordot": lambda ops, x, y, k: ops.tensordot(flat(ops, x)[:1], flat(ops, y)[:1], 1),
}  # fmt: skip

step = st.tuples(st.sampled_from(sorted(STEPS)), *[st.integers(0, 30)] * 3)


def programs(steps=step, most=14):
    """A program: steps, the shapes of its inputs and a seed for their values."""
    shapes = st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3)
    return st.tuples(st.lists(steps, min_size=1, max_size=most), shapes, st.integers(0, 99))


def inputs_of(program):
    _, shapes, seed = program
    random = np.random.default_rng(seed)
    return [np.asarray(random.normal(size=shape)) for shape in shapes]


def small(ops, x):
    """`x` without growth: in size, in axes."""
    if len(x.shape) > 3:
        x = ops.mean(x, 0)
    return ops.mean(x, 0) if np.prod(x.shape, dtype=int) > MOST else x


def run(ops, steps, inputs, more=None):
    """All values of a program; `more` are steps of the caller's own."""
    values = list(inputs)
    known = STEPS if more is None else {**STEPS, **more}
    for name, i, j, k in steps:
        # Operands are counted from the end, so that programs are deep rather than wide.
        x, y = values[-1 - i % len(values)], values[-1 - j % len(values)]
        values.append(small(ops, known[name](ops, x, y, k)))
    return values


def score(ops, steps, inputs, more=None):
    """One number that depends on the last three values, each element with a weight of its own."""
    total = 0.0
    for y in run(ops, steps, inputs, more)[-3:]:
        n = int(np.prod(y.shape, dtype=int))
        total = total + ops.sum(flat(ops, y) * np.cos(np.arange(n) + 1.0))
    return total
