"""`keras.ops`: every op by its name; `numpy`, `nn`, `linalg` and `image` are parts of it."""

# ruff: noqa: A001, A004
from __future__ import annotations

import hornlet.ops.image as image
import hornlet.ops.linalg as linalg
import hornlet.ops.nn as nn
import hornlet.ops.numpy as numpy
from hornlet.ops.control import (
    associative_scan, cond, custom_gradient, fori_loop, map, scan, switch, vectorized_map,
    while_loop,
)  # fmt: skip
from hornlet.ops.core import (
    cast, convert_to_numpy, convert_to_tensor, dtype, is_tensor, saturate_cast, scatter,
    scatter_update, shape, slice, slice_update, stop_gradient, unstack,
)  # fmt: skip
from hornlet.ops.einops import rearrange
from hornlet.ops.linalg.derivatives import jvp
from hornlet.ops.linalg.factors import cholesky, det, eig, eigh, lu_factor, matrix_rank, qr, svd
from hornlet.ops.linalg.norms import norm
from hornlet.ops.linalg.solving import cholesky_inverse, inv, lstsq, pinv, solve, solve_triangular
from hornlet.ops.math import (
    cdist, erf, erfc, erfinv, extract_sequences, in_top_k, logdet, logsumexp, rsqrt, segment_max,
    segment_min, segment_prod, segment_sum, top_k,
)  # fmt: skip
from hornlet.ops.nn.activations import (
    celu, elu, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_swish, hard_tanh, leaky_relu,
    log_sigmoid, log_softmax, relu, relu6, selu, sigmoid, silu, soft_shrink, softmax, softplus,
    softsign, sparse_plus, sparse_sigmoid, sparsemax, squareplus, swish, tanh_shrink, threshold,
)  # fmt: skip
from hornlet.ops.nn.attention import dot_product_attention
from hornlet.ops.nn.convolution import (
    conv, conv_transpose, depthwise_conv, fold, separable_conv, unfold,
)  # fmt: skip
from hornlet.ops.nn.ctc import ctc_loss
from hornlet.ops.nn.ctc_decoding import ctc_decode
from hornlet.ops.nn.encoding import depth_to_space, multi_hot, one_hot, space_to_depth
from hornlet.ops.nn.losses import (
    binary_crossentropy, categorical_crossentropy, psnr, sparse_categorical_crossentropy,
)  # fmt: skip
from hornlet.ops.nn.normalization import (
    batch_normalization, layer_normalization, moments, normalize, rms_normalization,
)  # fmt: skip
from hornlet.ops.nn.pooling import adaptive_average_pool, adaptive_max_pool, average_pool, max_pool
from hornlet.ops.numpy.arithmetic import (
    abs, absolute, add, ceil, clip, divide, divide_no_nan, fabs, floor, floor_divide, fmax, fmin,
    fmod, gcd, lcm, maximum, minimum, mod, multiply, nan_to_num, negative, nextafter, round, sign,
    square, subtract, true_divide, trunc,
)  # fmt: skip
from hornlet.ops.numpy.creation import (
    arange, array, copy, diag, diagflat, diagonal, empty, empty_like, eye, full, full_like,
    geomspace, identity, linspace, logspace, ones, ones_like, trace, tri, tril, triu, vander, zeros,
    zeros_like,
)  # fmt: skip
from hornlet.ops.numpy.exponential import (
    cbrt, exp, exp2, expm1, hypot, ldexp, log, log10, log1p, log2, logaddexp, logaddexp2, power,
    reciprocal, sqrt,
)  # fmt: skip
from hornlet.ops.numpy.indexing import (
    argpartition, argsort, digitize, get_item, isin, searchsorted, sort, take, take_along_axis,
    unique,
)  # fmt: skip
from hornlet.ops.numpy.joining import (
    append, array_split, concatenate, dsplit, dstack, hsplit, hstack, split, stack, vsplit, vstack,
)  # fmt: skip
from hornlet.ops.numpy.logic import (
    allclose, bitwise_and, bitwise_invert, bitwise_left_shift, bitwise_not, bitwise_or,
    bitwise_right_shift, bitwise_xor, equal, greater, greater_equal, heaviside, isclose, isfinite,
    isinf, isnan, isneginf, isposinf, isreal, left_shift, less, less_equal, logical_and,
    logical_not, logical_or, logical_xor, nonzero, not_equal, right_shift, select, signbit, where,
)  # fmt: skip
from hornlet.ops.numpy.order import flip, fliplr, flipud, meshgrid, pad, repeat, roll, rot90, tile
from hornlet.ops.numpy.products import (
    cross, dot, einsum, inner, kron, matmul, outer, slogdet, tensordot, vdot,
)  # fmt: skip
from hornlet.ops.numpy.quantiles import (
    median, nanmedian, nanpercentile, nanquantile, percentile, quantile,
)  # fmt: skip
from hornlet.ops.numpy.reductions import (
    all, amax, amin, any, argmax, argmin, count_nonzero, cumprod, cumsum, max, min, nanargmax,
    nanargmin, nancumprod, nancumsum, nanmax, nanmin, nanprod, nansum, prod, ptp, sum,
)  # fmt: skip
from hornlet.ops.numpy.shapes import (
    broadcast_to, expand_dims, moveaxis, ndim, ravel, reshape, size, squeeze, swapaxes, transpose,
    unravel_index, view,
)  # fmt: skip
from hornlet.ops.numpy.statistics import (
    average, bincount, corrcoef, correlate, diff, histogram, i0, mean, nanmean, nanstd, nanvar, std,
    trapezoid, var, vectorize,
)  # fmt: skip
from hornlet.ops.numpy.tapers import bartlett, blackman, hamming, hanning, kaiser
from hornlet.ops.numpy.trigonometry import (
    angle, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, conj, conjugate, cos, cosh,
    deg2rad, imag, rad2deg, real, sin, sinc, sinh, tan, tanh,
)  # fmt: skip
from hornlet.ops.signal import (
    fft, fft2, ifft2, irfft, istft, polar, rfft, stft, view_as_complex, view_as_real,
)  # fmt: skip

__all__ = [
    "abs", "absolute", "adaptive_average_pool", "adaptive_max_pool", "add", "all", "allclose",
    "amax", "amin", "angle", "any", "append", "arange", "arccos", "arccosh", "arcsin", "arcsinh",
    "arctan", "arctan2", "arctanh", "argmax", "argmin", "argpartition", "argsort", "array",
    "array_split", "associative_scan", "average", "average_pool", "bartlett", "batch_normalization",
    "binary_crossentropy", "bincount", "bitwise_and", "bitwise_invert", "bitwise_left_shift",
    "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "blackman", "broadcast_to",
    "cast", "categorical_crossentropy", "cbrt", "cdist", "ceil", "celu", "cholesky",
    "cholesky_inverse", "clip", "concatenate", "cond", "conj", "conjugate", "conv",
    "conv_transpose", "convert_to_numpy", "convert_to_tensor", "copy", "corrcoef", "correlate",
    "cos", "cosh", "count_nonzero", "cross", "ctc_decode", "ctc_loss", "cumprod", "cumsum",
    "custom_gradient", "deg2rad", "depth_to_space", "depthwise_conv", "det", "diag", "diagflat",
    "diagonal", "diff", "digitize", "divide", "divide_no_nan", "dot", "dot_product_attention",
    "dsplit", "dstack", "dtype", "eig", "eigh", "einsum", "elu", "empty", "empty_like", "equal",
    "erf", "erfc", "erfinv", "exp", "exp2", "expand_dims", "expm1", "extract_sequences", "eye",
    "fabs", "fft", "fft2", "flip", "fliplr", "flipud", "floor", "floor_divide", "fmax", "fmin",
    "fmod", "fold", "fori_loop", "full", "full_like", "gcd", "gelu", "geomspace", "get_item", "glu",
    "greater", "greater_equal", "hamming", "hanning", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_swish", "hard_tanh", "heaviside", "histogram", "hsplit", "hstack", "hypot", "i0",
    "identity", "ifft2", "imag", "in_top_k", "inner", "inv", "irfft", "is_tensor", "isclose",
    "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf", "isreal", "istft", "jvp",
    "kaiser", "kron", "layer_normalization", "lcm", "ldexp", "leaky_relu", "left_shift", "less",
    "less_equal", "linspace", "log", "log10", "log1p", "log2", "log_sigmoid", "log_softmax",
    "logaddexp", "logaddexp2", "logdet", "logical_and", "logical_not", "logical_or", "logical_xor",
    "logspace", "logsumexp", "lstsq", "lu_factor", "map", "matmul", "matrix_rank", "max",
    "max_pool", "maximum", "mean", "median", "meshgrid", "min", "minimum", "mod", "moments",
    "moveaxis", "multi_hot", "multiply", "nan_to_num", "nanargmax", "nanargmin", "nancumprod",
    "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin", "nanpercentile", "nanprod",
    "nanquantile", "nanstd", "nansum", "nanvar", "ndim", "negative", "nextafter", "nonzero", "norm",
    "normalize", "not_equal", "one_hot", "ones", "ones_like", "outer", "pad", "percentile", "pinv",
    "polar", "power", "prod", "psnr", "ptp", "qr", "quantile", "rad2deg", "ravel", "real",
    "rearrange", "reciprocal", "relu", "relu6", "repeat", "reshape", "rfft", "right_shift",
    "rms_normalization", "roll", "rot90", "round", "rsqrt", "saturate_cast", "scan", "scatter",
    "scatter_update", "searchsorted", "segment_max", "segment_min", "segment_prod", "segment_sum",
    "select", "selu", "separable_conv", "shape", "sigmoid", "sign", "signbit", "silu", "sin",
    "sinc", "sinh", "size", "slice", "slice_update", "slogdet", "soft_shrink", "softmax",
    "softplus", "softsign", "solve", "solve_triangular", "sort", "space_to_depth",
    "sparse_categorical_crossentropy", "sparse_plus", "sparse_sigmoid", "sparsemax", "split",
    "sqrt", "square", "squareplus", "squeeze", "stack", "std", "stft", "stop_gradient", "subtract",
    "sum", "svd", "swapaxes", "swish", "switch", "take", "take_along_axis", "tan", "tanh",
    "tanh_shrink", "tensordot", "threshold", "tile", "top_k", "trace", "transpose", "trapezoid",
    "tri", "tril", "triu", "true_divide", "trunc", "unfold", "unique", "unravel_index", "unstack",
    "vander", "var", "vdot", "vectorize", "vectorized_map", "view", "view_as_complex",
    "view_as_real", "vsplit", "vstack", "where", "while_loop", "zeros", "zeros_like",
]
