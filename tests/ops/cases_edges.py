"""Rows at the edges: empty axes, infinities, NaN, zeros with a sign, booleans, narrow dtypes."""

import numpy as np

from .cases import case, x

SPECIAL = np.array([np.nan, np.inf, -np.inf, -0.0, 1.5, -8.0], "float32")
EMPTY = np.zeros((0, 3), "float32")
BITS = np.array([True, False]), np.array([True, True])

for name in ("cbrt", "angle", "sign", "sinc", "relu", "sigmoid", "softplus", "gelu", "trunc", "erf",
             "log_sigmoid", "tanh", "hard_tanh"):  # fmt: skip
    case(name, SPECIAL, dtypes=("float32",), gradient=False)
for name in ("sum", "prod", "mean", "logsumexp", "any", "all", "std", "nanmean"):
    case(name, EMPTY, dtypes=("float32",))
    case(name, EMPTY, axis=0, keepdims=True, dtypes=("float32",))
    case(name, EMPTY, axis=-1, dtypes=("float32",))
for name in ("max", "min", "amax", "argmax", "median"):
    case(name, EMPTY, axis=1, dtypes=("float32",))
for name in ("power", "left_shift", "right_shift", "floor_divide", "mod", "hypot", "multiply"):
    case(name, *BITS, dtypes=("float32",), symbolic=False)
case("trunc", BITS[0], dtypes=("float32",))
case("matmul", x(3, dtype="int8"), x(3, dtype="int8"), dtypes=("float32",))
case("matmul", x(2, 3, dtype="int8"), x(3, 2, dtype="int8"), dtypes=("float32",))
case("matmul", x(2, 3, dtype="int8"), np.ones((3, 2), bool), dtypes=("float32",))
case("arctan2", x(3, dtype="float16"), 1.0, dtypes=("float32",))
case("logaddexp", np.array([-np.inf, np.inf], "float32"), np.array([-np.inf, 1.0], "float32"),
     dtypes=("float32",), gradient=False)
