"""Arenas: values survive the move, assignments go both ways, runs are found."""

import numpy as np

import hornlet
from hornlet.engine.compiled import Compiled
from hornlet.tensor.arena import Arena, runs


def make(*shapes, dtype="float32"):
    rng = np.random.default_rng(0)
    return [hornlet.Variable(rng.normal(size=s).astype(dtype)) for s in shapes]


def test_values_survive_and_views_are_live():
    variables = make((2, 3), (), (4,))
    values = [v.numpy() for v in variables]
    arena = Arena(variables)
    (flat,) = arena.flats
    np.testing.assert_array_equal(flat.array, np.concatenate([v.ravel() for v in values]))
    for v, value in zip(variables, values):
        np.testing.assert_array_equal(v.numpy(), value)
        assert np.shares_memory(v.array, flat.array)
    flat.assign(np.arange(11.0))
    np.testing.assert_array_equal(variables[0].numpy(), [[0, 1, 2], [3, 4, 5]])
    variables[2].assign(np.zeros(4))
    np.testing.assert_array_equal(flat.array[7:], 0)


def test_one_array_per_dtype():
    variables = [*make((2,), (3,)), *make((4,), dtype="float64")]
    assert [f.array.size for f in Arena(variables).flats] == [5, 4]


def test_runs():
    a, b, c = make((2,), (3,), (4,))
    alone = make((2,))[0]
    arena = Arena([a, b, c])
    parts = list(arena.runs([a, b, c, alone]))
    assert parts[0] == (arena.flats[0], [a, b, c]) and parts[1] == (alone, [alone])
    parts = list(runs([a, c]))
    assert [part for _, part in parts] == [[a], [c]]
    ((window, part),) = runs([b, c])
    assert part == [b, c] and window.array.shape == (7,)
    assert np.shares_memory(window.array, b.array)


def test_a_second_arena_changes_nothing():
    variables = make((2,), (3,))
    first = Arena(variables).flats[0]
    assert Arena(variables).flats[0] is first
    assert Arena([variables[1], variables[0]]).flats[0] is not first


def test_a_program_follows_a_move():
    (v,) = make((2,))
    double = Compiled(lambda x: x * v)
    x = np.ones(2, "float32")
    before = double(x)
    Arena([v])
    v.assign([5.0, 6.0])
    assert not np.array_equal(double(x), before)
    np.testing.assert_array_equal(double(x), [5, 6])


def test_a_step_that_assigns_a_flat_array_reaches_the_variables():
    a, b = make((2,), (3,))
    flat = Arena([a, b]).flats[0]

    def step(x):
        flat.assign(flat.read() * x)
        return a.value

    before = a.numpy()
    np.testing.assert_allclose(Compiled(step)(np.float32(2.0)), 2 * before)
    np.testing.assert_allclose(a.numpy(), 2 * before)
