"""The plan as plain data: nothing that is still wanted is ever overwritten."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hornlet import ops
from hornlet.engine import Compiled, Ref, Spec, emit, gradient, make_plan, trace
from hornlet.engine.grouping import group_elementwise
from hornlet.engine.passes import optimize
from hornlet.engine.plan import ALIGNMENT
from hornlet.engine.program import guard_outputs

from .random_graphs import STEPS, flat, inputs_of, programs, run, score

F64 = np.dtype("float64")
QUIET = [HealthCheck.too_slow]


def planned(function, *shapes):
    graph = optimize(trace(function, *(Spec(tuple(s), F64) for s in shapes)))
    return make_plan(guard_outputs(group_elementwise(graph)))


def place(slot):
    """Which memory a slot lies in, and the bytes of it."""
    if slot.kind == "view":
        return place(slot.source)
    if slot.kind == "ref":
        ref = slot.source
        root = ref.root or ref
        start = ref.offset * ref.array.itemsize if ref.root else 0
        return root.ref_serial, start, start + ref.array.nbytes
    if slot.kind == "arena":
        return "arena", slot.offset, slot.offset + slot.spec.nbytes
    return id(slot), 0, slot.spec.nbytes


def base(slot):
    return base(slot.source) if slot.kind == "view" else slot


def overlap(a, b):
    return a[0] == b[0] and a[1] < b[2] and b[1] < a[2]


def within(a, b):
    return a[0] == b[0] and b[1] <= a[1] and a[2] <= b[2]


class Memory:
    """Goes through a plan step by step and remembers which slots still hold what was put there."""

    def __init__(self):
        self.held = {}  # id -> slot

    def read(self, slot, where):
        slot = base(slot)
        if slot.kind in ("input", "constant") or (slot.kind == "ref" and id(slot) not in self.seen):
            return
        assert id(slot) in self.held, f"{where}: a value was overwritten or never made"

    def write(self, slot, kept=()):
        # What lies within a part that a pack finds in its place stays as it is.
        spared = [place(k) for k in kept]
        self.held = {
            k: other for k, other in self.held.items()
            if not overlap(place(other), place(slot))
            or any(within(place(other), p) for p in spared)
        }  # fmt: skip
        self.held[id(slot)] = slot

    def check(self, plan):
        slots = [s for step in plan.steps for s in (*step.inputs, *step.outputs, *step.scratch)]
        slots += plan.outputs + [s for _, s in plan.writes]
        # A Ref's old value is there from the start; what a step makes in its memory is not.
        made = {id(s) for step in plan.steps for s in step.outputs}
        old = {id(base(s)): base(s) for s in slots}
        self.held = {k: s for k, s in old.items() if s.kind == "ref" and k not in made}
        self.seen = {id(s) for s in old.values() if s.kind == "ref"}
        for step in plan.steps:
            self.run(step, plan)
        for ref, slot in plan.writes:
            self.read(slot, f"assigning to {ref}")
            self.write(Written(ref))
        for slot in plan.outputs:
            self.read(slot, "a result")

    def run(self, step, plan):
        row = step.node.primitive
        for slot in step.inputs:
            self.read(slot, row)
        for slot in (*step.outputs, *step.scratch):
            if slot.kind == "arena":
                assert slot.offset % slot.spec.dtype.itemsize == 0
                assert 0 <= slot.offset and place(slot)[2] <= plan.arena_bytes
        shifts = np.cumsum([0, *(s.spec.nbytes for s in step.inputs)])
        parts = []
        for k, out in enumerate(step.outputs):
            for other in (*step.outputs[:k], *step.scratch):
                assert not overlap(place(out), place(other)), row
            for i, slot in enumerate(step.inputs):
                if not overlap(place(out), place(slot)):
                    continue
                if row.name == "pack":
                    # A value packed twice lies in one of its places and is copied to the other.
                    fixed = [place(s) for j, s in enumerate(step.inputs)
                             if place(s)[1] == place(out)[1] + shifts[j]]  # fmt: skip
                    assert any(within(place(slot), p) for p in fixed)
                    parts.append(slot)
                else:
                    assert i in row.inplace and place(slot) == place(out), row
        for i, slot in enumerate(step.scratch):
            for other in (*step.inputs, *step.scratch[:i]):
                assert not overlap(place(slot), place(other)), row
            self.write(slot)
        for out in step.outputs:
            self.write(out, kept=parts)


class Written:
    """The memory of a Ref after the last step."""

    kind = "ref"

    def __init__(self, ref):
        self.source = ref


def make_refs():
    """A variable, and two that are windows onto one root."""
    root = Ref(np.linspace(-1, 1, 9))
    return [Ref(np.linspace(-1, 1, 6).reshape(2, 3)), Ref.window(root, 0, (3,)),
            Ref.window(root, 3, (2, 3)), root]  # fmt: skip


def with_state(refs):
    """Steps that read and assign `refs`, and join values."""

    def resize(x, n):
        x = flat(ops, x)
        return ops.tile(x, -(-n // x.shape[0]))[:n]

    def put(ops, x, y, k):
        ref = refs[k % len(refs)]
        value = ops.reshape(resize(x, ref.array.size), ref.shape)
        ref.assign(ref.read() * 0.5 + value if k % 2 else value)
        return x

    return {
        # Outside a trace the array itself is read, which later changes; the product does not.
        "read": lambda ops, x, y, k: refs[k % len(refs)].read() * 1.0,
        "assign": put,
        "pack": lambda ops, x, y, k: emit("pack", x, ops.tanh(y), x * 2.0),
        "first half": lambda ops, x, y, k: emit("slice", flat(ops, x), index=((0, 1, 1),)),
    }


STATEFUL = st.tuples(
    st.sampled_from([*sorted(STEPS), *["read", "assign", "pack", "first half"] * 6]),
    *[st.integers(0, 30)] * 3,
)


def checked(program):
    steps, shapes, _ = program
    refs = make_refs()

    def function(*xs):
        values = run(ops, steps, list(xs), with_state(refs))
        y = ops.sum(values[-1])
        dxs = gradient([y], list(xs)) if type(y) is type(xs[0]) else []
        return values[-3:], [dx for dx in dxs if dx is not None]

    Memory().check(planned(function, *shapes))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(programs(STATEFUL, most=20))
def test_nothing_wanted_is_overwritten(program):
    checked(program)


@pytest.mark.long
@settings(max_examples=3000, deadline=None, suppress_health_check=QUIET)
@given(programs(STATEFUL, most=40))
def test_nothing_wanted_is_overwritten_in_many_programs(program):
    checked(program)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=QUIET)
@given(programs(STATEFUL, most=20))
def test_programs_with_state_do_what_python_does(program):
    """Values, gradients and variables after each of three runs."""
    steps, _, _ = program
    inputs = inputs_of(program)

    def after_three_runs(compiled):
        refs = make_refs()
        more = with_state(refs)
        step = lambda *xs: run(ops, steps, list(xs), more)[-3:]  # noqa: E731
        step = Compiled(step) if compiled else step
        seen = [[np.array(y) for y in step(*inputs)] for _ in range(3)]
        return [*seen[0], *seen[1], *seen[2], *(r.array for r in refs)]

    for a, b in zip(after_three_runs(False), after_three_runs(True), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-10, atol=1e-10)


def test_the_arena_is_reused():
    def function(x):
        for _ in range(20):
            x = emit("matmul", x, x) + 1.0
        return x

    plan = planned(function, (8, 8))
    Memory().check(plan)
    assert plan.arena_bytes <= 3 * 8 * 8 * 8


def test_offsets_are_aligned():
    plan = planned(lambda x: emit("matmul", x, emit("exp", x)) + 1.0, (3, 3))
    assert all(s.offset % ALIGNMENT == 0 for step in plan.steps for s in step.outputs)


def test_a_dying_input_gives_its_place_away():
    plan = planned(lambda x: emit("sqrt", emit("exp", emit("matmul", x, x))), (8, 8))
    places = {s.offset for step in plan.steps for s in step.outputs}
    assert len(plan.steps) == 3 and len(places) == 1


def test_views_are_no_steps():
    def function(x):
        y = emit("transpose", emit("exp", x), axes=(1, 0))
        return emit("matmul", emit("slice", y, index=((0, 2, 1), (0, 3, 1))), y)

    plan = planned(function, (3, 3))
    assert [step.node.primitive.name for step in plan.steps] == ["exp", "matmul"]
    assert [s.kind for s in plan.steps[1].inputs] == ["view", "view"]


def test_parts_of_a_pack_are_made_in_place():
    def function(x, y):
        return emit("pack", emit("matmul", x, y), emit("exp", y))

    plan = planned(function, (3, 3), (3, 3))
    Memory().check(plan)
    first, second, whole = (step.outputs[0].offset for step in plan.steps)
    assert (first, second) == (whole, whole + 72)
    x, y = np.random.default_rng(0).normal(size=(2, 3, 3))
    found = Compiled(function)(x, y)
    assert np.allclose(found, np.concatenate([(x @ y).ravel(), np.exp(y).ravel()]))


@pytest.mark.parametrize("value", ["first", "second"])
def test_the_checker_sees_a_plan_that_overwrites(value):
    plan = planned(lambda x: emit("matmul", emit("exp", x), emit("sin", x)), (3, 3))
    Memory().check(plan)
    first, second, product = (step.outputs[0] for step in plan.steps)
    (second if value == "first" else product).offset = first.offset
    with pytest.raises(AssertionError):
        Memory().check(plan)


def test_score_is_planned_with_its_gradient():
    """The whole of a training step's shape: values, a number, gradients packed, one assignment."""
    w = Ref(np.linspace(-1, 1, 9))
    parts = [Ref.window(w, 0, (2, 3)), Ref.window(w, 6, (3,))]
    steps = [("multiply", 0, 1, 0), ("tanh", 0, 0, 0), ("sum", 0, 0, 1)]

    def function():
        read = [p.read() for p in parts]
        y = score(ops, steps, read)
        whole = emit("pack", *gradient([y], read))
        w.assign(w.read() - whole * 0.1)
        return y

    plan = planned(function)
    Memory().check(plan)
    assert plan.writes == []


def test_a_part_that_is_wanted_longer_than_its_pack_keeps_its_place():
    def function(x):
        part = emit("matmul", x, x)
        total = emit("sum", emit("pack", part, emit("exp", x)), axis=(0,))
        y = emit("matmul", emit("sin", x * total), x)
        return emit("matmul", part, y) + emit("matmul", y, y)

    plan = planned(function, (3, 3))
    Memory().check(plan)
    x = np.random.default_rng(0).normal(size=(3, 3))
    np.testing.assert_allclose(Compiled(function)(x), function(x), rtol=1e-12)


def test_a_pack_is_not_overwritten_while_its_part_is_read():
    def function(x):
        part = emit("sum", x, axis=(0, 1), keepdims=False)
        whole = emit("pack", part, emit("exp", x))
        return emit("add", whole, part) * 2.0

    Memory().check(planned(function, (3, 3)))
    x = np.random.default_rng(0).normal(size=(3, 3))
    np.testing.assert_allclose(Compiled(function)(x), function(x), rtol=1e-12)
