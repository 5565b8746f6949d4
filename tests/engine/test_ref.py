"""Variables in compiled steps: read as inputs, assigned as outputs, in their own memory."""

import numpy as np

from hornlet.engine import Compiled, Ref, emit


def total(x):
    return emit("sum", x, axis=tuple(range(x.ndim)), keepdims=False)


def test_assigning_is_an_output_and_happens_in_place():
    w = Ref(np.ones(4))
    memory = w.array
    compiled = Compiled(lambda x: w.assign(w.read() * x))
    compiled(np.array(3.0))
    assert w.array is memory and np.array_equal(memory, np.full(4, 3.0))
    (made,) = compiled.executables.values()
    assert made.plan.writes == []  # made in the Ref's own memory, nothing to copy


def test_old_value_is_returned_though_the_step_overwrites_it():
    w = Ref(np.ones(2))

    def run(x):
        before = w.read()
        w.assign(before + x)
        return before, w.read()

    before, after = Compiled(run)(np.ones(2))
    assert np.array_equal(before, [1, 1]) and np.array_equal(after, [2, 2])


def test_two_variables_swap():
    a, b = Ref(np.zeros(2)), Ref(np.ones(2))

    def swap():
        x, y = a.read(), b.read()
        a.assign(y)
        b.assign(x)

    Compiled(swap)()
    assert np.array_equal(a.array, [1, 1]) and np.array_equal(b.array, [0, 0])


def test_a_value_read_late_is_not_overwritten_early():
    w = Ref(np.arange(3.0))

    def run(x):
        old = w.read()
        w.assign(old * 2 + x)
        return total(emit("exp", old))

    assert np.isclose(Compiled(run)(np.zeros(3)), np.exp(np.arange(3.0)).sum())


def test_windows_follow_their_root_within_a_step():
    root = Ref(np.arange(6.0))
    part = Ref.window(root, 2, (2, 2))

    def run():
        first = part.read()
        root.assign(root.read() * 10)
        second = part.read()
        part.assign(second + 1)
        return first * 1, second * 1, root.read() * 1

    for step in (Compiled(run),):
        root.array[...] = np.arange(6.0)
        first, second, whole = step()
        assert np.array_equal(first, [[2, 3], [4, 5]])
        assert np.array_equal(second, [[20, 30], [40, 50]])
        assert np.array_equal(whole, [0, 10, 21, 31, 41, 51])
        assert np.array_equal(root.array, whole)


def test_a_moved_variable_is_found_again():
    w = Ref(np.ones(2))
    compiled = Compiled(lambda x: x * w.read())
    compiled(np.ones(2))
    w.move(np.empty(2))
    w.array[...] = 5
    assert np.array_equal(compiled(np.ones(2)), [5, 5])
