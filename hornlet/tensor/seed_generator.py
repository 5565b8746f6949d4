"""Where seeds come from: `SeedGenerator` holds a counting state, and one of them is everybody's."""

from __future__ import annotations

import random as python_random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from hornlet.base.names import auto_name, name_scope
from hornlet.base.registry import register
from hornlet.engine.emit import emit
from hornlet.engine.ref import Ref
from hornlet.engine.state import active
from hornlet.engine.tensor import is_tensor
from hornlet.tensor.variable import Variable

MASK32 = (1 << 32) - 1
STEP = np.array([0, 1], np.uint32)


def _words(seed: int) -> np.ndarray:
    return np.array([seed & MASK32, 0], np.uint32)


@register("keras.random")
class SeedGenerator:
    """Gives another seed at every call, and remembers in a variable how far it has come.

    A random function called with an integer seed repeats itself; called with a generator it goes
    on. A layer keeps one as an attribute, so that its state is saved with the model and a compiled
    step draws new numbers each time it runs.

    Args:
        seed: integer; `None` takes one from Python's `random`.
        name: name of the generator; made up if `None`.

    Raises:
        ValueError: if `seed` is not an integer.

    >>> generator = keras.random.SeedGenerator(42)
    >>> first, second = (keras.random.normal((3,), seed=generator) for _ in range(2))
    >>> bool((first == second).any())
    False
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any):
        kwargs.pop("backend", None)  # for layers that compute with another backend; there is one
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {kwargs}")
        self.name = auto_name("seed_generator") if name is None else name
        self._initial_seed = seed
        if seed is None:
            seed = make_default_seed()
        if not isinstance(seed, int):
            raise ValueError(
                f"Argument `seed` must be an integer or None. Received: seed={seed!r} "
                f"(of type {type(seed).__name__})"
            )
        words = _words(seed)
        # Created within a traced step, it is still state from outside it.
        with active(None), name_scope(self.name, caller=self):
            self.state = Variable(
                lambda shape, dtype: words,
                shape=(2,),
                dtype="uint32",
                trainable=False,
                name="seed_generator_state",
            )

    def next(self, ordered: bool = True) -> Any:
        """The seed at which the generator stands, a uint32 array of two words; then moves on.

        Args:
            ordered: accepted for compatibility; seeds always count upwards.

        >>> generator = keras.random.SeedGenerator(7)
        >>> generator.next(), generator.next()
        (array([7, 0], dtype=uint32), array([7, 1], dtype=uint32))
        """
        seed = self.state.read()
        if isinstance(seed, np.ndarray):
            seed = seed.copy()  # the state itself is about to be overwritten
        self.state.assign(emit("add", seed, STEP))
        return seed

    def get_config(self) -> dict[str, Any]:
        return {"seed": self._initial_seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        return cls(**config)


class _Global:
    generator: SeedGenerator | None = None
    seed: int | None = None


def make_default_seed() -> int:
    """An integer seed drawn from Python's `random`."""
    return python_random.randint(1, int(1e9))


def global_seed_generator() -> SeedGenerator:
    """The generator behind every random function that is called without a seed."""
    if _Global.generator is None:
        _Global.generator = SeedGenerator(make_default_seed(), name="global_seed_generator")
    return _Global.generator


def reset_global_seed_generator() -> None:
    """Forgets the global generator; the next use makes a new one."""
    _Global.generator = None


def set_seed(seed: int) -> None:
    """Seeds Python's `random`, NumPy's global generator and the global `SeedGenerator`.

    Raises:
        ValueError: if `seed` is not an integer.

    >>> keras.utils.set_random_seed(1)
    >>> a = keras.random.uniform((2,))
    >>> keras.utils.set_random_seed(1)
    >>> bool((keras.random.uniform((2,)) == a).all())
    True
    """
    if not isinstance(seed, int):
        raise ValueError(
            f"Argument `seed` must be an integer. Received: seed={seed!r} "
            f"(of type {type(seed).__name__})"
        )
    python_random.seed(seed)
    np.random.seed(seed & MASK32)
    _Global.seed = seed
    _Global.generator = None


@contextmanager
def fixed_seed(seed: int) -> Iterator[None]:
    """Within the block all that `set_seed` seeds starts anew; afterwards it goes on as before.

    >>> from hornlet.tensor.seed_generator import fixed_seed
    >>> with fixed_seed(1):
    ...     a = keras.random.uniform((2,))
    >>> with fixed_seed(1):
    ...     b = keras.random.uniform((2,))
    >>> bool((a == b).all())
    True
    """
    python, numpy = python_random.getstate(), np.random.get_state()
    before = _Global.seed, _Global.generator
    set_seed(seed)
    try:
        yield
    finally:
        python_random.setstate(python)
        np.random.set_state(numpy)
        _Global.seed, _Global.generator = before


def random_state() -> dict[str, Any]:
    """Where all stand that `set_seed` seeds, as plain values; see `restore_random_state`."""
    generator = _Global.generator
    return {
        "python": python_random.getstate(),
        "numpy": np.random.get_state(legacy=False),
        "seed": _Global.seed,
        "generator": None if generator is None else generator.state.numpy(),
    }


def restore_random_state(state: dict[str, Any]) -> None:
    """Puts all that `set_seed` seeds back to where it stood.

    >>> from hornlet.tensor.seed_generator import random_state, restore_random_state
    >>> before = random_state()
    >>> a = np.random.rand()
    >>> restore_random_state(before)
    >>> a == np.random.rand()
    True
    """
    python_random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    _Global.seed = state["seed"]
    if state["generator"] is None:
        _Global.generator = None
        return
    if _Global.generator is None:
        _Global.generator = SeedGenerator(0, name="global_seed_generator")
    _Global.generator.state.assign(state["generator"])


def get_seed() -> int | None:
    """The integer last given to `set_seed`, or None."""
    return _Global.seed


def draw_seed(seed: Any) -> Any:
    """The two seed words that a `seed` argument stands for; a `SeedGenerator` moves on.

    Args:
        seed: a `SeedGenerator`, an integer, two words ready made, or None for the global generator.
    """
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if seed is None:
        return global_seed_generator().next()
    if isinstance(seed, (int, np.integer)):
        return _words(int(seed))
    if (is_tensor(seed) or isinstance(seed, (np.ndarray, Ref))) and tuple(seed.shape) == (2,):
        return emit("cast", seed, dtype=np.dtype("uint32"))
    raise ValueError(
        "Argument `seed` must be an integer, a `keras.random.SeedGenerator` or None. "
        f"Received: seed={seed!r} (of type {type(seed).__name__})"
    )
