"""Transforms undo each other, complex numbers carry gradients of both orders, and errors."""

import numpy as np
import pytest

import hornlet
from hornlet import ops

from ..engine.differences import check_gradients

RANDOM = np.random.default_rng(2)


def draw(*shape):
    return RANDOM.standard_normal(shape)


def test_transforms_undo_each_other():
    x = (draw(3, 4), draw(3, 4))
    np.testing.assert_allclose(ops.ifft2(ops.fft2(x)), x, atol=1e-12)
    for n in (5, 6):
        y = draw(2, n)
        np.testing.assert_allclose(ops.irfft(ops.rfft(y), n), y, atol=1e-12)


@pytest.mark.parametrize("window", ["hann", "hamming"])
@pytest.mark.parametrize("center", [True, False])
def test_a_signal_comes_back_from_its_windows(window, center):
    x = draw(2, 40)
    y = ops.istft(ops.stft(x, 8, 2, 8, window, center), 8, 2, 8, 40, window, center)
    inner = slice(None) if center else slice(8, -8)
    np.testing.assert_allclose(y[:, inner], x[:, inner], atol=1e-10)


def test_two_byte_floats():
    for y in ops.rfft(np.ones((2, 4), "float16")):
        assert y.dtype == np.float16


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: ops.view_as_real(ops.polar(a, b)),
        lambda a, b: ops.abs(ops.view_as_complex(ops.stack([a, b], -1))),
        lambda a, b: ops.angle(ops.multiply(ops.polar(a, b), ops.polar(b, a))),
        lambda a, b: ops.square(ops.stft(a, 3, 1, 4)[0]) * ops.stft(b, 3, 1, 4)[1],
        lambda a, b: ops.istft((ops.outer(a, b), ops.outer(b, a)), 7, 3, 8),
        lambda a, b: ops.real(ops.exp(ops.polar(a, b)) / ops.polar(b, a)),
    ],
)
def test_gradients_of_both_orders(function):
    assert function(np.ones(5), np.ones(5)).dtype == np.float64
    check_gradients(function, 1.5 + 0.3 * draw(5), 0.7 + 0.3 * draw(5))


def test_window_can_be_learned():
    x = draw(12)
    check_gradients(lambda w: ops.stft(x, 4, 2, 4, w), draw(4))


def test_unknown_dimensions():
    parts = ops.stft(hornlet.KerasTensor((None, None)), 8, 2, 8)
    assert [y.shape for y in parts] == [(None, None, 5)] * 2
    assert ops.istft(parts, 8, 2, 8).shape == (None, None)
    scores = hornlet.KerasTensor((None, 7, 4))
    paths, likelihoods = ops.ctc_decode(
        scores, hornlet.KerasTensor((None,), "int32"), "beam_search", top_paths=2
    )
    assert (paths.shape, likelihoods.shape) == ((2, None, 7), (None, 2))
    assert (paths.dtype, likelihoods.dtype) == ("int32", "float32")


def test_beam_search_counts_all_alignments():
    """With a beam as wide as the space, scores are the sums over alignments: minus ctc_loss."""
    scores = draw(1, 4, 3)
    paths, likelihoods = ops.ctc_decode(scores, [4], "beam_search", 1000, 5)
    for path, likelihood in zip(paths[:, 0], likelihoods[0]):
        label = path[path >= 0]
        loss = ops.ctc_loss(label[None], scores, np.array([len(label)]), np.array([4]))
        np.testing.assert_allclose(likelihood, -loss[0], rtol=1e-10)
    everything = ops.ctc_decode(scores, [4], "beam_search", 1000, 100)[1]
    np.testing.assert_allclose(np.exp(everything[np.isfinite(everything)]).sum(), 1)


PAIR = (np.ones(4), np.ones(4))


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: ops.fft(np.ones(4)), ValueError, "pair"),
        (lambda: ops.fft((np.ones(4), np.ones(3))), ValueError, "one shape"),
        (lambda: ops.fft((np.ones(4, int), np.ones(4, int))), ValueError, "floating"),
        (lambda: ops.fft2(PAIR), ValueError, "rank of at least 2"),
        (lambda: ops.rfft(1.0), ValueError, "rank of at least 1"),
        (lambda: ops.rfft(np.ones((2, 0))), ValueError, "elements"),
        (lambda: ops.stft(np.ones(9, int), 4, 2, 4), TypeError, "float32 or float64"),
        (lambda: ops.stft(np.ones(9), 4, 0, 4), ValueError, "sequence_stride"),
        (lambda: ops.stft(np.ones(9), 4, 2, 3), ValueError, "fft_length"),
        (lambda: ops.stft(np.ones(9), 4, 2, 4, "gauss"), ValueError, "window"),
        (lambda: ops.stft(np.ones(9), 4, 2, 4, np.ones(3)), ValueError, "window"),
        (lambda: ops.stft(np.ones(3), 4, 2, 4, center=False), ValueError, "shorter"),
        (lambda: ops.istft(PAIR, 4, 2, 6), ValueError, "rank of at least 2"),
        (lambda: ops.view_as_complex(np.ones(3)), ValueError, "size 2"),
        (lambda: ops.ctc_decode(np.ones((1, 2, 3)), [2], "best"), ValueError, "strategy"),
        (lambda: ops.ctc_decode(np.ones((2, 3)), [2]), ValueError, "batch"),
    ],
)
def test_errors(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
