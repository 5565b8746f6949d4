"""Plans and programs: memory shared safely, assignments in place, programs per signature."""

import threading

import numpy as np
import pytest

from hornlet.engine import Compiled, Ref, check, emit, trace
from hornlet.engine.grouping import SMALLEST, group_elementwise
from hornlet.engine.passes import fold_constants, merge_common, optimize, simplify
from hornlet.engine.plan import make_plan
from hornlet.engine.program import Executable
from hornlet.engine.spec import Spec

F64 = np.dtype("float64")


def names(graph):
    return [node.primitive.name for node in graph.nodes()]


def total(x):
    return emit("sum", x, axis=tuple(range(x.ndim)), keepdims=False)


def test_one_program_per_signature():
    compiled = Compiled(lambda x, flag: x * 2 if flag else x)
    for n in (3, 4, 3):
        assert np.array_equal(compiled(np.ones(n), True), np.full(n, 2.0))
    compiled(np.ones(3), False)
    assert len(compiled.executables) == 3


def test_results_are_fresh_arrays():
    compiled = Compiled(lambda x: x + 1)
    first = compiled(np.zeros(2))
    compiled(np.ones(2))
    assert np.array_equal(first, [1, 1])


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


def test_arena_is_reused_and_live_values_never_overlap():
    def run(x):
        for _ in range(20):
            x = emit("matmul", x, x) + 1.0
        return x

    graph = optimize(trace(run, Spec((8, 8), F64)))
    plan = make_plan(graph)
    assert plan.arena_bytes <= 3 * 8 * 8 * 8
    placed = [b for b in plan.buffers if b.slot.kind == "arena" and b.parent is None]
    for i, a in enumerate(placed):
        for b in placed[:i]:
            if a.start <= b.end and b.start <= a.end:
                assert a.offset + a.nbytes <= b.offset or b.offset + b.nbytes <= a.offset


def test_parts_of_a_pack_are_made_in_place():
    def run(x, y):
        return emit("pack", emit("matmul", x, y), emit("exp", y))

    x, y = np.random.default_rng(0).normal(size=(2, 3, 3))
    made = Executable(trace(run, Spec((3, 3), F64), Spec((3, 3), F64)))
    assert len(made.check_out().calls) == 2  # the pack itself has nothing left to do
    assert np.allclose(Compiled(run)(x, y), np.concatenate([(x @ y).ravel(), np.exp(y).ravel()]))


def test_simplify_and_merge_and_fold():
    def run(x):
        a = emit("exp", x * 1.0 + 0.0)
        b = emit("exp", emit("reshape", emit("reshape", x, shape=(6,)), shape=(2, 3)))
        return a + b + emit("exp", np.zeros(()))

    graph = trace(run, Spec((2, 3), F64))
    for rewrite in (simplify, fold_constants, merge_common):
        graph = rewrite(graph)
        check(graph)
    assert names(graph).count("exp") == 1
    assert "reshape" not in names(graph) and "multiply" not in names(graph)


def test_dead_code_is_not_planned():
    graph = optimize(trace(lambda x: (emit("exp", x), x + 1)[1], Spec((3,), F64)))
    assert names(graph) == ["add"]


@pytest.mark.parametrize("columns", [1, 3, 700, 5000])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_grouped_chains_equal_single_nodes(columns, dtype, monkeypatch):
    rows = SMALLEST // columns + 7
    rng = np.random.default_rng(0)
    x, y = (rng.normal(size=(rows, columns)).astype(dtype) for _ in range(2))
    row = rng.normal(size=columns).astype(dtype)
    state = Ref(x.copy())

    def run(x, y, row):
        a = emit("relu", x + row)
        state.assign(state.read() - a * 0.5)
        b = emit("sqrt", emit("square", y)) / (emit("abs", a) + 1.0)
        c = emit("relu_grad", b, x)
        return emit("maximum", b, c), total(c), state.read() - b

    def chain(x, y, row, s):
        a = np.maximum(x + row, 0)
        s = s - a * np.asarray(0.5, dtype)
        b = np.sqrt(y * y) / (abs(a) + np.asarray(1, dtype))
        c = np.where(x > 0, b, 0)
        return np.maximum(b, c), c.sum(), s - b, s

    compiled = Compiled(run)
    results = compiled(x, y, row)
    expected = chain(x, y, row, x)
    (made,) = compiled.executables.values()
    assert "fused" in names(made.graph)
    for found, wanted in zip((*results, state.array), expected):
        assert np.allclose(found, wanted, rtol=1e-4 if dtype == "float32" else 1e-10)


def test_grouping_keeps_the_graph_well_formed():
    def run(x, w):
        h = emit("tanh", x * 2 + 1)
        y = emit("matmul", h, w)
        return emit("tanh", y * 3 + h) + total(h * 2)

    graph = optimize(trace(run, Spec((300, 300), F64), Spec((300, 300), F64)))
    grouped = group_elementwise(graph)
    check(grouped)
    assert names(grouped).count("fused") >= 2
    x, w = np.random.default_rng(0).normal(size=(2, 300, 300))
    h = np.tanh(x * 2 + 1)
    assert np.allclose(Compiled(run)(x, w), np.tanh(h @ w * 3 + h) + (h * 2).sum())


def test_threads_use_programs_of_their_own():
    compiled = Compiled(lambda x: emit("matmul", emit("tanh", x), x))
    xs = [np.random.default_rng(i).normal(size=(20, 20)) for i in range(4)]
    expected = [np.tanh(x) @ x for x in xs]
    wrong = []

    def work(k):
        for _ in range(200):
            if not np.allclose(compiled(xs[k]), expected[k]):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_native_kernels_equal_numpy(monkeypatch):
    from hornlet.engine.native import library

    x = np.random.default_rng(0).normal(size=SMALLEST + 5).astype("float32")

    def run(x):
        return emit("sqrt", emit("square", x) + 1.0) - emit("relu", x) / 3.0

    native = Compiled(run)(x)
    monkeypatch.setattr(library, "_found", [None])
    assert np.array_equal(Compiled(run)(x), native)


def test_scattered_inputs_of_a_group_are_read_at_every_run():
    def run(x, row, wide):
        y = emit("matmul", x, x)
        repeated = emit("broadcast_to", emit("tanh", row), shape=(300, 300))
        turned = emit("transpose", y, axes=(1, 0))
        return (repeated * wide + turned) * 2.0 + wide, emit("exp", repeated)

    rng = np.random.default_rng(0)
    compiled = Compiled(run)
    for _ in range(3):
        x, wide = rng.normal(size=(2, 300, 300))
        row = rng.normal(size=300)
        expected = (np.tanh(row) * wide + (x @ x).T) * 2 + wide
        assert np.allclose(compiled(x, row, wide)[0], expected)
    (made,) = compiled.executables.values()
    assert "fused" in names(made.graph)


@pytest.fixture
def nan_in_fresh_memory(monkeypatch):
    """Memory that no step has written holds NaN."""
    from hornlet.engine import program

    plain = program._aligned

    def filled(nbytes):
        array = plain(nbytes)
        array.fill(255)
        return array

    monkeypatch.setattr(program, "_aligned", filled)


def test_a_training_step_reads_nothing_it_has_not_written(nan_in_fresh_memory):
    import hornlet

    layers = hornlet.layers
    model = hornlet.Sequential(
        [
            hornlet.Input((28, 28, 1)),
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3),
            layers.BatchNormalization(),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(6, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x = np.random.default_rng(0).random((150, 28, 28, 1), "float32")
    y = np.random.default_rng(1).integers(0, 6, 150)
    history = model.fit(x, y, batch_size=128, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(model.predict(x, verbose=0)).all()


def test_ever_new_signatures_do_not_fill_the_memory(monkeypatch):
    from hornlet.engine import compiled as room

    monkeypatch.setattr(room, "MOST_SIGNATURES", 4)
    double = Compiled(lambda x: x * 2)
    for n in [*range(1, 10), 1]:
        assert double(np.ones(n)).sum() == 2 * n
    assert len(double.executables) == 4
