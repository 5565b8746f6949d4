"""Random numbers as `keras.random` gives them: functions of a seed, and generators of seeds."""

from hornlet.random.distributions import (
    beta,
    binomial,
    categorical,
    gamma,
    normal,
    randint,
    truncated_normal,
    uniform,
)
from hornlet.random.rearrange import dropout, shuffle
from hornlet.tensor.seed_generator import (
    SeedGenerator,
    draw_seed,
    get_seed,
    global_seed_generator,
    make_default_seed,
    reset_global_seed_generator,
    set_seed,
)

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "draw_seed",
    "dropout",
    "gamma",
    "get_seed",
    "global_seed_generator",
    "make_default_seed",
    "normal",
    "randint",
    "reset_global_seed_generator",
    "set_seed",
    "shuffle",
    "truncated_normal",
    "uniform",
]
