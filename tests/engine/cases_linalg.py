"""Rows of linear algebra, Fourier transforms, beam search and segments: what others say."""

import numpy as np
import scipy.linalg

from .cases import EXACT, FLOATS, WIDE, Array, case, x

SHAPES = ((3, 3), (2, 3, 3), (0, 2, 2), (1, 1))


class Definite(Array):
    """Symmetric positive definite matrices with eigenvalues well apart."""

    def make(self, dtype, random):
        y = np.eye(self.shape[-1]) * np.arange(1.0, self.shape[-1] + 1)
        z = random.uniform(-0.3, 0.3, self.shape)
        return (y + z + np.swapaxes(z, -1, -2)).astype(np.result_type(dtype))


def definite(*shape):
    return Definite(shape, 0, 1)


def even(x):
    return (x + np.swapaxes(x, -1, -2)) / 2


def pivoted(x):
    lu, pivots, order = np.empty_like(x), [], []
    for at in np.ndindex(*x.shape[:-2]):
        lu[at], swaps = scipy.linalg.lu_factor(x[at])
        rows = np.arange(x.shape[-2])
        for i, j in enumerate(swaps):
            rows[[i, j]] = rows[[j, i]]
        pivots.append(swaps)
        order.append(rows)
    lead = x.shape[:-2]
    return lu, np.reshape(pivots, (*lead, -1)), np.reshape(order, (*lead, -1))


def cofactor(x):
    y = np.empty_like(x)
    for *at, i, j in np.ndindex(*x.shape):
        minor = np.delete(np.delete(x[tuple(at)], i, 0), j, 1)
        y[(*at, i, j)] = (-1) ** (i + j) * np.linalg.det(minor)
    return y


for shape in SHAPES:
    case("det", definite(*shape), reference=np.linalg.det, dtypes=WIDE)
    case("cofactor", definite(*shape), reference=cofactor, dtypes=WIDE)
    case("slogdet", definite(*shape), reference=np.linalg.slogdet, dtypes=WIDE)
    case("cholesky", definite(*shape), reference=lambda x: np.linalg.cholesky(even(x)), dtypes=WIDE)
    case("eigh", definite(*shape), reference=lambda x: np.linalg.eigh(even(x)), dtypes=EXACT)
    case("eig", definite(*shape), reference=np.linalg.eig, dtypes=EXACT, gives="complex128")
    case("solve", definite(*shape), x(*shape[:-1], 2), reference=np.linalg.solve, dtypes=WIDE)
case("det", np.ones((2, 2)), reference=np.linalg.det, dtypes=EXACT, vary=())
case("cofactor", np.ones((2, 2)), reference=cofactor, dtypes=EXACT, vary=())
case("solve", definite(3, 3), x(2, 3, 2), reference=np.linalg.solve, dtypes=FLOATS[2:])
for shape in ((3, 3), (2, 4, 3), (3, 5)):
    case("svdvals", x(*shape), reference=lambda x: np.linalg.svd(x, compute_uv=False), dtypes=WIDE)
    case("svd", x(*shape), full=False, dtypes=EXACT,
         reference=lambda x, full: tuple(np.linalg.svd(x, full)))  # fmt: skip
    case("qr", x(*shape), complete=False, dtypes=EXACT,
         reference=lambda x, complete: tuple(np.linalg.qr(x)))  # fmt: skip
    case("lu", x(*shape), reference=pivoted, dtypes=EXACT, gives=("float64", "int32", "int32"))
    case("pinv", x(*shape), rcond=1e-12, dtypes=EXACT,
         reference=lambda x, rcond: np.linalg.pinv(x, rcond))  # fmt: skip
case("svd", x(4, 3), full=True, dtypes=EXACT, vary=(),
     reference=lambda x, full: tuple(np.linalg.svd(x, full)))  # fmt: skip
case("qr", x(4, 3), complete=True, dtypes=EXACT, vary=(),
     reference=lambda x, complete: tuple(np.linalg.qr(x, "complete")))  # fmt: skip


def fft(re, im, axes, inverse):
    y = re + 1j * im
    y = np.fft.ifftn(y, None, axes, "forward") if inverse else np.fft.fftn(y, None, axes)
    return y.real, y.imag


for inverse in (True, False):
    for shape, axes in (((2, 5), (1,)), ((3, 4), (0, 1)), ((0, 3), (1,)), ((4, 2), (0,))):
        case("fft", x(*shape), x(*shape), axes=axes, inverse=inverse, reference=fft, dtypes=WIDE)


def halves(x):
    y = np.fft.rfft(x)
    return y.real, y.imag


for n in (1, 2, 5, 6):
    case("rfft", x(2, n), reference=halves, dtypes=WIDE)
    case("irfft", x(2, n // 2 + 1), x(2, n // 2 + 1), n=n, dtypes=WIDE,
         reference=lambda re, im, n: np.fft.irfft(re + 1j * im, n, norm="forward"))  # fmt: skip
for shape in ((2, 3), (0, 3), ()):
    case("complex", x(*shape), x(*shape), reference=lambda re, im: re + 1j * im, dtypes=EXACT,
         gives="complex128")  # fmt: skip


def searched(log_p, lengths, width, top, blank):
    """All alignments of every sample, by force."""
    n, steps, classes = log_p.shape
    paths, scores = np.full((top, n, steps), -1), np.full((n, top), -np.inf)
    for i in range(n):
        sums = {}
        for taken in np.ndindex(*(classes,) * lengths[i]):
            path = [c for t, c in enumerate(taken) if c != blank and (not t or taken[t - 1] != c)]
            likelihood = np.exp(sum(log_p[i, t, c] for t, c in enumerate(taken)))
            sums[tuple(path)] = sums.get(tuple(path), 0) + likelihood
        best = sorted(sums.items(), key=lambda pair: -pair[1])[:top]
        for k, (path, likelihood) in enumerate(best):
            paths[k, i, : len(path)], scores[i, k] = path, np.log(likelihood)
    return paths, scores


for blank in (0, 2):
    case("ctc_beam_search", x(2, 4, 3), np.array([4, 3]), width=100, top=3, blank=blank,
         vary=(), dtypes=EXACT, gives=("int32", "float64"), reference=searched)  # fmt: skip


def extremes(rule):
    def reference(data, ids, n, empty):
        rows = [data[ids == k] for k in range(n)]
        full = np.full(data.shape[1:], empty, data.dtype)
        return np.stack([rule(r, 0) if len(r) else full for r in rows])

    return reference


for name, rule, empty in (("segment_max", np.max, -9.0), ("segment_min", np.min, 9.0)):
    for shape, ids in (((5, 2), [0, 2, 0, 3, 2]), ((4,), [1, -1, 7, 1]), ((0, 2), [])):
        case(name, x(*shape), np.array(ids, "int32"), n=4, empty=empty, dtypes=WIDE,
             reference=extremes(rule))  # fmt: skip
case("segment_max", np.ones((3, 2)), np.array([0, 0, 1]), n=2, empty=0.0, dtypes=EXACT, vary=(),
     reference=extremes(np.max))  # fmt: skip
