"""One row per op: its name and arguments. The laws of test_ops.py run over every row."""

import numpy as np

CASES = []
ALL = ("float32", "int32", "bool", "float64")
NUMBERS = ("float32", "int32", "float64")
FLOATS = ("float32", "float64")


class Array:
    """An array to be made in the dtype under test, or in ``dtype`` of its own."""

    def __init__(self, low, high, shape, dtype=None):
        self.low, self.high, self.shape, self.dtype = low, high, shape, dtype

    def make(self, dtype, random):
        x = random.uniform(self.low, self.high, self.shape)
        dtype = self.dtype or dtype
        if dtype == "bool":
            return x > (self.low + self.high) / 2
        if dtype.startswith(("int", "uint")):
            return np.floor(x).astype(dtype) if self.dtype else np.rint(x).astype(dtype)
        return x.astype(dtype)


def x(*shape, low=-3.0, high=3.0, dtype=None):
    return Array(low, high, shape, dtype)


def positive(*shape):
    return Array(0.5, 4.0, shape)


def unit(*shape):
    return Array(-0.9, 0.9, shape)


def index(n, *shape):
    return Array(0, n, shape, "int32")


def mask(*shape):
    return Array(0, 1, shape, "bool")


class Case:
    def __init__(self, name, args, kwargs, dtypes, gradient, symbolic, traced):
        self.name, self.args, self.kwargs, self.dtypes = name, args, kwargs, dtypes
        self.gradient, self.symbolic, self.traced = gradient, symbolic, traced

    def __repr__(self):
        same = [c for c in CASES if c.name == self.name]
        return self.name if len(same) == 1 else f"{self.name}-{same.index(self)}"


def case(name, *args, dtypes=FLOATS, gradient=True, symbolic=True, traced=True, **kwargs):
    CASES.append(Case(name, args, kwargs, dtypes, gradient, symbolic, traced))


# Elementwise arithmetic.
for name in ("add", "subtract", "multiply"):
    case(name, x(2, 3), x(3), dtypes=NUMBERS)
    case(name, x(2, 3), 2, dtypes=ALL)
    case(name, x(2, 3), 1.5, dtypes=NUMBERS)
for name in ("divide", "true_divide", "divide_no_nan"):
    case(name, x(2, 3), positive(3), dtypes=NUMBERS)
for name in ("maximum", "minimum", "fmax", "fmin"):
    case(name, x(2, 3), x(3), dtypes=NUMBERS)
for name in ("floor_divide", "mod", "fmod"):
    case(name, x(2, 3), positive(3), dtypes=NUMBERS, gradient=False)
case("power", positive(2, 3), x(3, low=0.6, high=2), dtypes=NUMBERS)
case("power", positive(2, 3), 2, dtypes=NUMBERS)
for name in ("negative", "abs", "absolute", "fabs", "sign", "square", "trunc"):
    case(name, x(2, 3), dtypes=NUMBERS)
for name in ("floor", "ceil", "round"):
    case(name, x(2, 3), dtypes=NUMBERS, gradient=False)
case("round", x(2, 3), 1, gradient=False)
for name in ("exp", "exp2", "expm1"):
    case(name, x(2, 3), dtypes=ALL)
for name in ("sqrt", "log", "log10", "log1p", "log2", "reciprocal", "cbrt"):
    case(name, positive(2, 3), dtypes=NUMBERS)
case("rsqrt", positive(4))
case("cbrt", x(4))
for name in ("logaddexp", "logaddexp2", "arctan2", "hypot"):
    case(name, x(2, 3), positive(3), dtypes=NUMBERS)
case("ldexp", x(2, 3), index(4, 3))
case("clip", x(2, 3), -1, 1, dtypes=ALL)
case("clip", x(2, 3), -1.5, 1.5, dtypes=NUMBERS)
case("nan_to_num", np.array([np.nan, np.inf, -np.inf, 1.0], "float32"), dtypes=("float32",))
case("nan_to_num", x(3), dtypes=ALL)
case("nextafter", x(3), x(3), gradient=False)
case("gcd", index(20, 2, 3), index(12, 3), dtypes=("int32",))
case("lcm", index(20, 2, 3), index(12, 3), dtypes=("int32",))

# Comparison, logic, bits.
for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal"):
    case(name, x(2, 3), x(3), dtypes=ALL)
    case(name, x(2, 3), 1, dtypes=NUMBERS)
for name in ("logical_and", "logical_or", "logical_xor"):
    case(name, x(2, 3), x(3), dtypes=ALL)
case("logical_not", x(2, 3), dtypes=ALL)
for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    case(name, index(9, 2, 3), index(9, 3), dtypes=("int32",))
for name in ("bitwise_not", "bitwise_invert"):
    case(name, index(9, 2, 3), dtypes=("int32",))
for name in ("left_shift", "right_shift", "bitwise_left_shift", "bitwise_right_shift"):
    case(name, index(9, 2, 3), index(3, 3), dtypes=("int32",))
for name in ("isnan", "isinf", "isfinite", "isposinf", "isneginf"):
    case(name, np.array([np.nan, np.inf, -np.inf, 1.0], "float32"), dtypes=("float32",))
    case(name, x(3), dtypes=ALL)
case("isreal", x(3), dtypes=NUMBERS)
case("signbit", x(5), dtypes=NUMBERS)
case("isclose", x(2, 3), x(3), dtypes=NUMBERS)
case("allclose", x(2, 3), x(3), dtypes=NUMBERS)
case("heaviside", x(2, 3), 0.5)
case("heaviside", index(3, 4), index(2, 4), dtypes=("int32", "uint8"), gradient=False)
case("where", mask(2, 3), x(2, 3), x(3), dtypes=ALL)
case("where", mask(2, 3), x(2, 3), 0.0, dtypes=NUMBERS)
case("nonzero", x(2, 3), dtypes=ALL, traced=False)
case("select", [mask(3), mask(3)], [x(3), x(3)], 7, dtypes=NUMBERS)

# Trigonometry.
for name in ("sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "arcsinh"):
    case(name, x(2, 3, low=-1.4, high=1.4), dtypes=ALL)
for name in ("arcsin", "arccos", "arctanh", "erfinv"):
    case(name, unit(2, 3))
case("arccosh", x(2, 3, low=1.2, high=4))
for name in ("deg2rad", "rad2deg"):
    case(name, x(2, 3), dtypes=NUMBERS)
case("sinc", x(2, 3))
for name in ("real", "imag", "conj", "conjugate"):
    case(name, x(2, 3), gradient=False)
    case(name, np.array([1 + 2j, 3 - 1j], "complex64"), dtypes=("float32",), gradient=False)
case("angle", np.array([1 + 2j, 3 - 1j], "complex64"), dtypes=("float32",), gradient=False)
case("angle", x(3), gradient=False)
for name in ("erf", "erfc"):
    case(name, x(2, 3), dtypes=FLOATS)

# Reductions.
for name in ("sum", "prod", "max", "min", "mean", "var", "std", "amax", "amin"):
    dtypes = ("float32", "int32", "float64")
    case(name, x(2, 3, 4), dtypes=dtypes)
    case(name, x(2, 3, 4), axis=1, dtypes=dtypes)
    case(name, x(2, 3, 4), axis=(0, -1), keepdims=True, dtypes=dtypes)
for name in ("sum", "prod", "mean"):
    case(name, x(2, 3), axis=0, dtypes=("bool", "int8", "uint8", "int16", "float16"))
case("max", x(2, 3), axis=1, initial=2.5)
case("min", x(2, 3), axis=1, initial=-2.5)
case("ptp", x(2, 3), axis=1, dtypes=NUMBERS)
for name in ("any", "all"):
    case(name, mask(2, 3), dtypes=("bool",))
    case(name, x(2, 3), axis=1, keepdims=True, dtypes=ALL)
case("count_nonzero", x(2, 3), axis=1, dtypes=ALL)
for name in ("argmax", "argmin"):
    case(name, x(2, 3), dtypes=NUMBERS)
    case(name, x(2, 3), axis=-1, keepdims=True, dtypes=NUMBERS)
for name in ("cumsum", "cumprod"):
    case(name, x(2, 3), axis=1, dtypes=NUMBERS)
    case(name, x(2, 3), dtypes=ALL)
for name in ("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd"):
    case(name, x(2, 3), axis=1, dtypes=NUMBERS)
    case(name, np.array([[1.0, np.nan, 4.0], [2.0, 5.0, -1.0]], "float32"), axis=1,
         dtypes=("float32",))
for name in ("nancumsum", "nancumprod"):
    case(name, np.array([[1.0, np.nan, 4.0]], "float32"), axis=1, dtypes=("float32",))
for name in ("nanargmax", "nanargmin"):
    case(name, np.array([[1.0, np.nan, 4.0], [np.nan] * 3], "float32"), axis=1,
         dtypes=("float32",))
case("average", x(2, 3), axis=1, weights=positive(3))
case("average", x(2, 3), dtypes=NUMBERS)
case("logsumexp", x(2, 3), axis=1, keepdims=True)
case("logsumexp", x(2, 3))
for name in ("quantile", "nanquantile"):
    case(name, x(4, 5), 0.3, axis=1)
    case(name, x(4, 5), np.array([0.1, 0.5], "float32"), axis=0, keepdims=True,
         dtypes=("float32",))
    for method in ("lower", "higher", "midpoint", "nearest"):
        case(name, x(4, 5), 0.3, axis=(0, 1), method=method, gradient=method == "lower")
for name in ("percentile", "nanpercentile"):
    case(name, x(4, 5), 30, axis=1)
for name in ("median", "nanmedian"):
    case(name, x(4, 5), axis=1)
    case(name, x(4, 4), dtypes=NUMBERS)
case("bincount", index(5, 7), minlength=6, dtypes=("int32",), traced=False, symbolic=False)
case("bincount", index(5, 7), weights=index(3, 7), minlength=6, dtypes=("int8", "uint16"),
     gradient=False, traced=False, symbolic=False)
case("bincount", index(5, 7), weights=x(7), minlength=6, dtypes=("float32",), traced=False,
     symbolic=False)
case("histogram", x(20), 5, dtypes=FLOATS, gradient=False)
case("histogram", x(20), 4, (-1, 1), dtypes=FLOATS, gradient=False)
case("digitize", x(5), np.array([-1.0, 0.0, 1.0], "float32"), dtypes=("float32",))
case("diff", x(2, 5), 2, dtypes=NUMBERS)
case("trapezoid", x(2, 5), dtypes=NUMBERS)
case("trapezoid", x(2, 5), x(5), axis=1)
case("corrcoef", x(3, 5))
for mode in ("valid", "same", "full"):
    case("correlate", x(6), x(3), mode=mode)
    case("correlate", x(3), x(6), mode=mode)
    case("correlate", x(5), x(4), mode=mode)
case("i0", x(5), gradient=True)
case("i0", x(5, low=14, high=20), gradient=False)
case("searchsorted", np.array([0.0, 1.0, 2.0], "float32"), x(2, 3), dtypes=("float32",))
case("searchsorted", np.array([0, 1, 2], "int32"), x(3), side="right", dtypes=("int32",))

# Shapes.
for shape in ((6,), (3, -1), (1, 2, 3)):
    case("reshape", x(2, 3), shape, dtypes=ALL)
case("ravel", x(2, 3), dtypes=ALL)
case("transpose", x(2, 3, 4))
case("transpose", x(2, 3, 4), (1, 0, 2))
case("swapaxes", x(2, 3, 4), 0, -1)
case("moveaxis", x(2, 3, 4), 0, -1)
case("moveaxis", x(2, 3, 4, 5), (0, 2), (-1, 0))
case("squeeze", x(1, 3, 1))
case("squeeze", x(2, 3, 1), -1)
case("expand_dims", x(2, 3), 1)
case("expand_dims", x(2, 3), (0, -1))
case("broadcast_to", x(3), (2, 3))
case("concatenate", [x(2, 3), x(2, 2)], axis=1, dtypes=ALL)
case("append", x(2, 3), x(1, 3), axis=0)
case("append", x(2, 3), x(2))
case("stack", [x(2, 3), x(2, 3)], axis=1)
for name in ("hstack", "vstack", "dstack"):
    case(name, [x(3), x(3)])
    case(name, [x(2, 3), x(2, 3)])
case("split", x(2, 6), 3, axis=1)
case("split", x(2, 6), [1, 4], axis=-1)
case("array_split", x(2, 5), 3, axis=1)
case("hsplit", x(2, 4), 2)
case("vsplit", x(4, 2), 2)
case("dsplit", x(2, 2, 4), 2)
case("unstack", x(2, 3), axis=1)
case("repeat", x(2, 3), 2, axis=1)
case("repeat", x(2, 3), 2)
case("repeat", x(2, 3), np.array([1, 0, 2]), axis=1)
case("tile", x(2, 3), 2)
case("tile", x(2, 3), (2, 1, 3))
case("flip", x(2, 3))
case("flip", x(2, 3), axis=1)
case("fliplr", x(2, 3))
case("flipud", x(2, 3))
case("roll", x(2, 3), 1)
case("roll", x(2, 3), -2, axis=1)
case("roll", x(2, 3), (1, 2), axis=(0, 1))
for k in (1, 2, 3):
    case("rot90", x(2, 3), k)
case("pad", x(2, 3), ((1, 0), (0, 2)), dtypes=NUMBERS)
case("pad", x(2, 3), 1, constant_values=5, dtypes=NUMBERS)
for mode in ("reflect", "symmetric"):
    case("pad", x(2, 3), ((1, 0), (1, 2)), mode=mode)
case("meshgrid", x(2), x(3))
case("meshgrid", x(2), x(3), indexing="ij")
case("unravel_index", index(6, 4), (2, 3), dtypes=("int32",))
case("view", np.array([1.0, 2.0], "float32"), "int32", dtypes=("float32",), traced=False,
     symbolic=False)
case("size", x(2, 3), symbolic=False, traced=False)
case("ndim", x(2, 3), symbolic=False, traced=False)

# Creation.
for name in ("zeros", "ones"):
    case(name, (2, 3))
    case(name, (2, 3), dtype="int32")
case("empty", (2, 0))
case("full", (2, 3), 7)
case("full", (2, 3), 7, dtype="int8")
for name in ("zeros_like", "ones_like"):
    case(name, x(2, 3), dtypes=ALL)
    case(name, x(2, 3), dtype="int32")
case("empty_like", x(2, 0))
case("full_like", x(2, 3), 7, dtypes=ALL)
case("array", x(2, 3), dtypes=ALL)
case("copy", x(2, 3), dtypes=ALL)
case("arange", 5)
case("arange", 1, 6, 2)
case("arange", 0.0, 1.0, 0.25)
case("arange", 3, dtype="float32")
case("linspace", 0, 1, 5)
case("linspace", x(2), x(2), 4, axis=1)
case("linspace", 0.0, 1.0, 4, endpoint=False, retstep=True)
case("logspace", 0.0, 2.0, 5)
case("geomspace", 1.0, 8.0, 4)
case("eye", 3)
case("eye", 2, 3, 1, dtype="int32")
case("identity", 3)
case("tri", 3, 4, -1)
for name in ("tril", "triu"):
    case(name, x(3, 4), 1, dtypes=ALL)
    case(name, x(2, 3, 3), -1)
case("diag", x(3), 1)
case("diag", x(3, 4), -1)
case("diagflat", x(2, 2), -1)
case("diagonal", x(3, 4), 1)
case("diagonal", x(2, 3, 4), -1, 1, 2)
case("trace", x(3, 4), 1, dtypes=NUMBERS)
case("vander", x(3), 3)
case("vander", x(3), increasing=True)
for name in ("bartlett", "blackman", "hamming", "hanning"):
    case(name, 6)
case("kaiser", 6, 4.0)

# Choosing.
case("take", x(3, 4), index(3, 2), axis=0, dtypes=ALL)
case("take", x(3, 4), np.array([[0, -1], [2, 1]], "int32"), axis=1)
case("take", x(3, 4), index(12, 5))
case("take_along_axis", x(3, 4), index(4, 3, 2), axis=1)
case("take_along_axis", x(3, 4), index(3, 1, 4), axis=0)
for key in (1, -1, slice(1, None), (slice(None), 2), (..., 0), (None, 1), slice(None, None, -2),
            (slice(0, 2), slice(None, None, 2)), (0, None, slice(3, 0, -1))):
    case("get_item", x(3, 4), key)
case("get_item", x(3, 4), (np.array([0, 2], "int32"),))
case("get_item", x(3, 4), (np.array([0, 2], "int32"), np.array([1, -1], "int32")))
case("get_item", x(2, 3, 4), (slice(None), np.array([0, 2]), np.array([1, 3])))
case("sort", x(3, 4), axis=0, dtypes=NUMBERS)
case("sort", x(3, 4), dtypes=NUMBERS)
case("argsort", x(3, 4), axis=0)
case("argsort", x(3, 4), axis=None)
case("argpartition", x(4), 3)
case("isin", index(5, 2, 3), index(5, 3), dtypes=("int32",))
case("unique", index(4, 6), dtypes=("int32",), traced=False)
case("unique", np.array([2.0, np.nan, 1.0, np.nan], "float32"), dtypes=("float32",),
     gradient=False, traced=False)
case("unique", index(4, 2, 3), return_index=True, return_inverse=True, return_counts=True,
     dtypes=("int32",), traced=False)
case("unique", index(2, 4, 2), return_inverse=True, axis=0, size=5, dtypes=("int32",),
     traced=False)

# Products.
case("matmul", x(2, 3), x(3, 4), dtypes=NUMBERS)
case("matmul", x(3), x(3, 4))
case("matmul", x(2, 3), x(3))
case("matmul", x(3), x(3))
case("matmul", x(5, 2, 3), x(3, 4))
case("matmul", x(5, 2, 3), x(5, 3, 4))
case("dot", x(2, 3), x(3, 4), dtypes=NUMBERS)
case("dot", x(2, 3), x(4, 3, 2))
case("dot", x(3), x(3))
case("dot", x(2, 3), 2.0)
case("tensordot", x(2, 3, 4), x(3, 4, 5), axes=2)
case("tensordot", x(2, 3, 4), x(4, 2), axes=[[0, 2], [1, 0]])
case("inner", x(2, 3), x(4, 3))
case("outer", x(2), x(3), dtypes=NUMBERS)
case("vdot", x(2, 3), x(2, 3))
case("cross", x(2, 3), x(2, 3))
case("cross", x(2, 3), x(2, 2))
case("kron", x(2, 3), x(3, 2))
for subscripts, *operands in (
    ("ij,jk->ik", x(2, 3), x(3, 4)), ("ij->ji", x(2, 3)), ("ij,ij->", x(2, 3), x(2, 3)),
    ("bij,bjk->bik", x(2, 3, 4), x(2, 4, 3)), ("...ij,jk->...ik", x(2, 3, 4), x(4, 2)),
    ("ii->i", x(3, 3)), ("i,j->ij", x(2), x(3)), ("abc,cd,de->abe", x(2, 3, 4), x(4, 2), x(2, 3)),
    ("ij,jk", x(2, 3), x(3, 2)), ("btnh,bsnh->bnts", x(2, 3, 2, 4), x(2, 5, 2, 4)),
):
    case("einsum", subscripts, *operands)
case("vectorize", np.abs, symbolic=False, traced=False, gradient=False)

# Neural networks.
for name in ("relu", "relu6", "sigmoid", "sparse_sigmoid", "softplus", "softsign", "silu", "swish",
             "squareplus", "log_sigmoid", "leaky_relu", "hard_sigmoid", "hard_silu", "hard_swish",
             "elu", "selu", "celu", "gelu", "hard_tanh", "tanh_shrink", "hard_shrink",
             "soft_shrink", "sparse_plus"):
    case(name, x(2, 5))
case("gelu", x(2, 3), approximate=False)
case("celu", x(2, 3), 2.0)
case("elu", x(2, 3), 2.0)
case("glu", x(2, 4))
case("threshold", x(2, 3), 0.5, 9.0)
for name in ("softmax", "log_softmax"):
    case(name, x(2, 3))
    case(name, x(2, 3, 4), axis=1)
    case(name, x(2, 3), axis=None)
case("softmax", x(2, 3, 4), axis=(1, 2))
# Where several parts are positive, Keras 3.15 sums the wrong terms: its rows do not sum to 1.
case("sparsemax", np.array([[3.0, 1.0, 2.0], [0.0, 7.0, 1.0]], "float32"), dtypes=("float32",))
for logits in (True, False):
    low, high = (-3, 3) if logits else (0.1, 0.9)
    case("categorical_crossentropy", x(2, 3, low=0, high=1), x(2, 3, low=low, high=high),
         from_logits=logits)
    case("sparse_categorical_crossentropy", index(3, 2), x(2, 3, low=low, high=high),
         from_logits=logits)
    case("sparse_categorical_crossentropy", index(3, 2, 1), x(2, 3, low=low, high=high),
         from_logits=logits)
    case("binary_crossentropy", x(2, 3, low=0, high=1), x(2, 3, low=low, high=high),
         from_logits=logits)
case("ctc_loss", np.array([[1, 2, 2], [3, 1, 0]], "int32"), x(2, 6, 4),
     np.array([3, 2], "int32"), np.array([6, 4], "int32"), dtypes=("float32",))
case("ctc_loss", np.array([[1, 0, 2], [0, 1, 0]], "int32"), x(2, 4, 3),
     np.array([3, 2], "int32"), np.array([4, 4], "int32"), dtypes=("float32",))
case("ctc_loss", np.array([[1], [0]], "int32"), x(2, 3, 3), np.array([1, 1], "int32"),
     np.array([3, 3], "int32"), mask_index=2, dtypes=("float32",))
case("ctc_loss", np.array([[1, 2]], "int32"), x(1, 4, 3), np.array([2], "int32"),
     np.array([4], "int32"), dtypes=("float16",), gradient=False)
case("psnr", x(2, 3), x(2, 3), 1.0)
case("moments", x(2, 3, 4), axes=[0, 2])
case("moments", x(2, 3, 4), axes=1, keepdims=True, dtypes=("float32", "float16"), gradient=False)
case("batch_normalization", x(2, 3, 4), x(3), positive(3), 1, x(3), x(3))
case("batch_normalization", x(2, 4), x(4), positive(4), -1)
case("layer_normalization", x(2, 4), x(4), x(4))
case("layer_normalization", x(2, 3, 4), axis=(1, 2))
case("rms_normalization", x(2, 4), x(4))
case("normalize", x(2, 3))
case("normalize", x(2, 3), axis=0, order=3)
case("one_hot", index(3, 2, 2), 3, dtypes=("int32",))
case("one_hot", index(3, 2, 2), 4, axis=1, dtype="int32", dtypes=("int32",))
case("multi_hot", index(4, 3, 2), 4, dtypes=("int32",))
case("depth_to_space", x(1, 2, 3, 8), 2)
case("depth_to_space", x(1, 8, 2, 3), 2, "channels_first")
case("space_to_depth", x(1, 4, 6, 2), 2)
case("space_to_depth", x(1, 2, 4, 6), 2, "channels_first")
for padding in ("valid", "same"):
    for format_, image in (("channels_last", x(2, 7, 6, 4)), ("channels_first", x(2, 4, 7, 6))):
        keywords = {"padding": padding, "data_format": format_}
        case("conv", image, x(3, 2, 4, 3), strides=(2, 1), **keywords)
        case("conv", image, x(3, 2, 2, 6), dilation_rate=2, **keywords)
        case("depthwise_conv", image, x(3, 2, 4, 2), strides=2, **keywords)
        case("separable_conv", image, x(3, 2, 4, 2), x(1, 1, 8, 3), **keywords)
        case("conv_transpose", image, x(3, 2, 3, 4), strides=2, **keywords)
        case("max_pool", image, (3, 2), strides=2, **keywords)
        case("average_pool", image, (3, 2), strides=2, **keywords)
    case("conv", x(2, 7, 4), x(3, 4, 3), padding=padding)
    case("conv", x(1, 4, 5, 3, 2), x(2, 3, 2, 2, 3), padding=padding)
    case("conv_transpose", x(2, 5, 4), x(3, 3, 4), strides=3, padding=padding)
    case("conv_transpose", x(2, 5, 4), x(3, 3, 4), strides=2, padding=padding, output_padding=1)
    case("max_pool", x(1, 4, 5, 3, 2), 2, 2, padding)
    case("average_pool", x(1, 5, 2), 2, 2, padding)
for name in ("adaptive_average_pool", "adaptive_max_pool"):
    case(name, x(1, 6, 4, 2), (3, 2), data_format="channels_last")
    case(name, x(1, 2, 7), 3, data_format="channels_first")
case("dot_product_attention", x(2, 3, 2, 4), x(2, 5, 2, 4), x(2, 5, 2, 4))
case("dot_product_attention", x(2, 3, 4, 4), x(2, 3, 2, 4), x(2, 3, 2, 4), is_causal=True)
case("dot_product_attention", x(2, 3, 2, 4), x(2, 5, 2, 4), x(2, 5, 2, 4), x(2, 2, 3, 5),
     mask(2, 1, 3, 5), 0.3)
case("unfold", x(1, 2, 5, 4), 2, stride=2)
case("unfold", x(1, 2, 5, 4), (2, 3), dilation=1, padding=1)
case("fold", x(1, 8, 9), 4, 2)
case("fold", x(1, 8, 6), (4, 3), 2, padding=0)

# Core.
case("cast", x(2, 3), "int32", dtypes=ALL, gradient=False)
case("cast", x(2, 3), "float32", dtypes=ALL, gradient=False)
case("saturate_cast", x(2, 3, low=-300, high=300), "uint8", dtypes=NUMBERS, gradient=False)
case("convert_to_tensor", x(2, 3), dtypes=ALL)
case("convert_to_tensor", [1, 2], dtypes=("float32",))
case("convert_to_tensor", [1, 2.5], "float64", dtypes=("float64",))
case("convert_to_numpy", x(2, 3), symbolic=False, traced=False)
case("is_tensor", [1.0], symbolic=False, traced=False)
case("shape", x(2, 3), symbolic=False, traced=False)
case("dtype", x(2, 3), symbolic=False, traced=False)
case("stop_gradient", x(2, 3), gradient=False)
case("slice", x(3, 4), (1, 0), (2, 3))
case("slice", x(3, 4), (2, 1), (2, 3))
case("slice_update", x(3, 4), (1, 1), x(2, 2))
case("scatter", np.array([[0], [2], [2]]), x(3, 2), (4, 2))
case("scatter", np.array([[0, 1], [2, 0]]), x(2), (3, 2))
case("scatter_update", x(4, 2), np.array([[0], [2]]), x(2, 2))
for reduction in ("add", "mul", "max", "min"):
    case("scatter_update", x(4), np.array([[0], [2], [2]]), x(3), reduction, dtypes=("float64",))
case("cond", True, lambda: np.ones(2, "float32"), lambda: np.zeros(2, "float32"), symbolic=False,
     traced=False)
case("scan", lambda c, v: (c + v, c * v), x(2), x(3, 2), symbolic=False)
case("while_loop", lambda i, v: i < 3, lambda i, v: (i + 1, v * v), (0, x(2)), symbolic=False,
     traced=False)
case("fori_loop", 0, 3, lambda i, v: v * v, x(2), symbolic=False, traced=False)
case("map", lambda v: v * v, x(3, 2), symbolic=False)
case("vectorized_map", lambda v: v * v, x(3, 2), symbolic=False)
case("switch", 1, [lambda v: v, lambda v: v * v], x(2), symbolic=False)
case("associative_scan", lambda a, b: a + b, x(5, 2), symbolic=False)
case("associative_scan", lambda a, b: a * b, x(2, 6), reverse=True, axis=1, symbolic=False)

# Mathematics.
case("top_k", x(2, 5), 3, dtypes=FLOATS)
case("in_top_k", index(4, 3), x(3, 4), 2)
for name in ("segment_sum", "segment_max", "segment_min", "segment_prod"):
    case(name, x(5, 2), np.array([0, 0, 1, 2, 1], "int32"), 3)
case("cdist", x(3, 2), x(4, 2))
case("extract_sequences", x(2, 7), 3, 2)
for order in (None, 1, 2, 3, np.inf, -np.inf, 0):
    case("norm", x(3, 4), order, axis=1, gradient=order != 0)
for order in (None, "fro", 1, -1, np.inf, -np.inf):
    case("norm", x(3, 4), order, axis=(0, 1), keepdims=True)

# Images.
for format_, image in (("channels_last", x(2, 5, 6, 3)), ("channels_first", x(2, 3, 5, 6))):
    colors = x(*image.shape, low=0, high=1)
    for method in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        case("image.resize", image, (7, 4), method, data_format=format_)
    case("image.resize", image, (3, 3), antialias=True, data_format=format_)
    case("image.resize", image, (3, 8), crop_to_aspect_ratio=True, data_format=format_)
    case("image.resize", image, (3, 8), pad_to_aspect_ratio=True, data_format=format_)
    case("image.rgb_to_grayscale", image, data_format=format_)
    case("image.rgb_to_hsv", colors, data_format=format_, gradient=False)
    case("image.hsv_to_rgb", colors, data_format=format_, gradient=False)
    case("image.pad_images", image, 1, 2, target_height=8, target_width=9, data_format=format_)
    case("image.crop_images", image, 1, 2, target_height=3, target_width=2, data_format=format_)
    case("image.gaussian_blur", image, (3, 5), (1.0, 0.7), data_format=format_)
    for padding in ("valid", "same"):
        case("image.extract_patches", image, (3, 2), padding=padding, data_format=format_)
        case("image.extract_patches", image, 2, strides=1, dilation_rate=2, padding=padding,
             data_format=format_)
case("image.resize", x(5, 6, 3), (10, 3))
TURN = np.array([[0.8, -0.5, 1.3, 0.6, 0.7, -0.4, 0, 0], [1, 0.2, -0.6, 0.1, 1.1, 2.2, 0, 0]])
for mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
    for method in ("nearest", "bilinear"):
        case("image.affine_transform", x(2, 5, 6, 3), TURN.astype("float32"), method, mode, 0.5,
             dtypes=("float32",))
case("image.affine_transform", x(5, 6, 1), TURN[0].astype("float32"), dtypes=("float32",))
PLACES = np.array([[[0.3, 1.7], [2.2, -0.5]], [[1.2, 3.9], [0.4, 2.5]]], "float32")
for mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
    case("image.map_coordinates", x(3, 4), PLACES, 1, mode, dtypes=("float32",))
case("image.map_coordinates", x(3, 4), PLACES, 0, dtypes=("float32",))
case("image.extract_patches_3d", x(1, 4, 4, 4, 2), 2)

# Patterns, and gradients brought along.
case("rearrange", x(2, 3, 4), "b h c -> c b h")
case("rearrange", x(2, 6, 3), "b (h p) c -> b h (c p)", p=2)
case("custom_gradient", abs, symbolic=False, traced=False)
case("ctc_loss", np.array([[1, 2, 1], [2, 1, 0]], "int32"), x(2, 7, 4),
     np.array([3, 2], "int32"), np.array([7, 5], "int32"), gradient=False)
