"""Beam search over label sequences, all alignments of a sequence counted together."""

from __future__ import annotations

import numpy as np

from hornlet.engine.primitive import primitive
from hornlet.engine.spec import Spec


def _shape(log_p, lengths, width, top, blank):
    if len(log_p.shape) != 3 or lengths.shape != log_p.shape[:1]:
        raise ValueError(
            f"`ctc_beam_search` received scores of shape {log_p.shape} and lengths of shape "
            f"{lengths.shape}; expected (batch, steps, classes) and (batch,)."
        )
    n, steps, _ = log_p.shape
    return Spec((top, n, steps), np.dtype("int32")), Spec((n, top), log_p.dtype)


def _kernel(log_p, lengths, out, width, top, blank):
    """Places without a sequence hold -1 and a score of minus infinity."""
    paths, scores = out
    paths.fill(-1)
    scores.fill(-np.inf)
    for i, steps in enumerate(np.maximum(lengths, 1)):
        found = _searched(log_p[i, :steps].astype(np.float64), width, blank)
        for k, (score, path) in enumerate(found[:top]):
            paths[k, i, : len(path)] = path
            scores[i, k] = score


def _searched(log_p, width, blank):
    """Pairs of score and sequence, best first.

    A sequence's score has two parts: alignments that end in a blank, after which a repeated label
    counts again, and alignments that end in the last label.
    """
    paths, in_blank, in_label = [()], np.zeros(1), np.full(1, -np.inf)
    for y in log_p:
        last = np.array([path[-1] if path else blank for path in paths])
        either = np.logaddexp(in_blank, in_label)
        stay_blank = either + y[blank]
        stay_label = in_label + y[last]
        longer = either[:, None] + y
        each = np.arange(len(paths))
        longer[each, last] = in_blank + y[last]
        longer[:, blank] = -np.inf
        at = {path: i for i, path in enumerate(paths)}
        for i, path in enumerate(paths):
            parent = at.get(path[:-1]) if path else None
            if parent is not None:
                stay_label[i] = np.logaddexp(stay_label[i], longer[parent, path[-1]])
                longer[parent, path[-1]] = -np.inf
        totals = np.concatenate((np.logaddexp(stay_blank, stay_label), longer.reshape(-1)))
        kept = _best(totals, paths, width, len(y))
        old = kept < len(paths)
        at_old, at_new = kept[old], kept[~old] - len(paths)
        paths = [_path(paths, k, len(y)) for k in (*at_old, *(at_new + len(paths)))]
        grown = longer.reshape(-1)[at_new]
        in_blank = np.concatenate((stay_blank[at_old], np.full(len(grown), -np.inf)))
        in_label = np.concatenate((stay_label[at_old], grown))
    ranked = zip(np.logaddexp(in_blank, in_label), paths)
    return sorted(ranked, key=lambda pair: (-pair[0], pair[1]))


def _path(paths, candidate, classes):
    """The sequence that a candidate stands for: an old one, or one grown by a label."""
    if candidate < len(paths):
        return paths[candidate]
    parent, label = divmod(int(candidate) - len(paths), classes)
    return (*paths[parent], label)


def _best(totals, paths, width, classes):
    """The candidates of the `width` best scores; among equals the first in order of labels."""
    known = np.flatnonzero(totals > -np.inf)
    if len(known) <= width:
        return known
    worst = np.partition(totals[known], -width)[-width]
    above = known[totals[known] > worst]
    equal = known[totals[known] == worst]
    if len(above) + len(equal) > width:
        ranked = sorted(equal, key=lambda k: _path(paths, k, classes))
        equal = np.array(ranked[: width - len(above)], dtype=known.dtype)
    return np.concatenate((above, equal))


primitive("ctc_beam_search", shape=_shape, kernel=_kernel)
