"""Work on two threads."""

import os
import threading

import pytest

from hornlet.engine import threads


def test_every_list_runs_once_and_in_order():
    done, ran = [[] for _ in range(20)], set()

    def call(i, k):
        ran.add(threading.get_ident())
        done[i].append(k)

    threads.side_by_side(*[[lambda i=i, k=k: call(i, k) for k in range(50)] for i in range(20)])
    assert done == [list(range(50))] * 20
    assert len(ran) <= 2


@pytest.mark.parametrize("first", [True, False])
def test_an_error_on_either_thread_is_raised(first):
    ours = threading.get_ident()
    met = threading.Barrier(2, timeout=10)

    def call():
        met.wait()  # both threads are at work
        if (threading.get_ident() == ours) == first:
            raise ZeroDivisionError("here")

    with pytest.raises(ZeroDivisionError, match="here"):
        threads.side_by_side([call], [call])
    threads.side_by_side([], [])


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not tell")
def test_the_second_thread_keeps_off_the_first_s_processor():
    allowed = os.sched_getaffinity(0)
    if len(allowed) < 2:
        pytest.skip("one processor")
    try:
        one = min(allowed)
        os.sched_setaffinity(0, {one, max(allowed)})
        threads.side_by_side([], [])
        second = os.sched_getaffinity(threads._Second.get().number)
        assert len(second) == 1 and second < {one, max(allowed)}
        os.sched_setaffinity(0, {one})  # nowhere else to go: it stays where it may be
        threads.side_by_side([], [])
        assert os.sched_getaffinity(threads._Second.get().number) == second
    finally:
        os.sched_setaffinity(0, allowed)


def test_where_it_is_forbidden_nothing_is_kept_apart(monkeypatch):
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("the system does not tell")

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    monkeypatch.setattr(threads._Second, "found", [])
    done = []
    for _ in range(2):
        threads.side_by_side([lambda: done.append(1)], [lambda: done.append(1)])
    assert done == [1] * 4


def test_shares_where_they_pay(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert threads.share_count(10, 10, 5) == 5 and threads.share_count(9, 10, 5) == 1
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert threads.share_count(10, 10, 5) == 1
