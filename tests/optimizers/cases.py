"""Rows: an optimizer's class name, its arguments, and what is done to its variables.

A value that is a function takes the library (`keras` or `hornlet`) and gives the argument.
"""

from typing import NamedTuple


class Case(NamedTuple):
    name: str
    arguments: dict
    exclude: tuple = ()  # names kept from weight decay
    missing: tuple = ()  # variables without a gradient
    constraint: str | None = None  # constraint of the first variable

    @property
    def id(self):
        words = [f"{k}={getattr(v, '__name__', v)}" for k, v in self.arguments.items()]
        words += [w for w in ("exclude", "missing", "constraint") if getattr(self, w)]
        return "-".join([self.name, *words])


def schedule(name, *args, **kwargs):
    def make(library):
        return getattr(library.optimizers.schedules, name)(*args, **kwargs)

    make.__name__ = name
    return make


def case(name, exclude=(), missing=(), constraint=None, **arguments):
    return Case(name, arguments, exclude, missing, constraint)


RULES = (
    "SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "Lion",
    "Lamb", "Adafactor", "Muon", "ScheduleFreeAdamW",
)  # fmt: skip
EVERY = (
    {},
    {"learning_rate": 0.1},
    {"learning_rate": 0.1, "weight_decay": 0.05},
    {"learning_rate": 0.1, "clipnorm": 0.5},
    {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 2},
    {"learning_rate": 0.1, "gradient_accumulation_steps": 2},
)
CASES = [case(rule, **arguments) for rule in RULES for arguments in EVERY] + [
    case("SGD", learning_rate=0.1, momentum=0.9),
    case("SGD", learning_rate=0.1, momentum=0.9, nesterov=True),
    case("SGD", learning_rate=0.1, momentum=0.9, weight_decay=0.1, exclude=("bias",)),
    case("SGD", learning_rate=0.1, momentum=0.9, missing=(1,)),
    case("SGD", learning_rate=0.1, loss_scale_factor=8.0),
    case("SGD", learning_rate=0.1, constraint="NonNeg"),
    case("SGD", learning_rate=0.1, clipnorm=0.5, gradient_accumulation_steps=3, use_ema=True),
    case("Adam", learning_rate=0.1, amsgrad=True),
    case("Adam", learning_rate=0.1, beta_1=0.5, beta_2=0.8, epsilon=1e-3),
    case("Adam", learning_rate=0.1, clipvalue=0.3),
    case("SGD", learning_rate=0.1, clipnorm=-1.0),
    case("SGD", learning_rate=0.1, clipvalue=-1.0),
    case("Adam", learning_rate=0.1, global_clipnorm=0.5),
    case("Adam", learning_rate=0.1, global_clipnorm=50.0),
    case("Adam", learning_rate=0.1, missing=(0, 2)),
    case("Adam", learning_rate=0.1, constraint="MaxNorm", missing=(1,), weight_decay=0.1),
    case("Adam", learning_rate=0.1, use_ema=True),
    case("Adam", learning_rate=0.1, gradient_accumulation_steps=2, use_ema=True,
         ema_overwrite_frequency=1, weight_decay=0.1, global_clipnorm=0.5),
    case("AdamW", learning_rate=0.1, exclude=("bias", "scale")),
    case("RMSprop", learning_rate=0.1, momentum=0.5),
    case("RMSprop", learning_rate=0.1, centered=True),
    case("RMSprop", learning_rate=0.1, momentum=0.5, centered=True, rho=0.5, epsilon=1e-2),
    case("Adagrad", learning_rate=0.1, initial_accumulator_value=0.0),
    case("Adadelta", learning_rate=1.0, rho=0.5),
    case("Ftrl", learning_rate=0.1, l1_regularization_strength=0.2, beta=0.1),
    case("Ftrl", learning_rate=0.1, l2_regularization_strength=0.2,
         l2_shrinkage_regularization_strength=0.1, learning_rate_power=-0.7),
    case("Lion", learning_rate=0.1, beta_1=0.5, beta_2=0.5),
    case("Lamb", learning_rate=0.1, missing=(1,)),
    case("Adafactor", learning_rate=0.1, clip_threshold=0.5, relative_step=False),
    case("Muon", learning_rate=0.1, nesterov=False, rms_rate=None, adam_lr_ratio=0.5),
    case("Muon", learning_rate=0.1, exclude_layers=["dense"], adam_weight_decay=None),
    case("ScheduleFreeAdamW", learning_rate=0.1, warmup_steps=3, weight_decay=0.1),
    case("SGD", learning_rate=schedule("ExponentialDecay", 0.1, 2, 0.5)),
    case("Adam", learning_rate=schedule("CosineDecay", 0.1, 3)),
    case("Adam", learning_rate=schedule("PiecewiseConstantDecay", [1, 3], [0.1, 0.05, 0.01]),
         weight_decay=0.1, gradient_accumulation_steps=2),
    case("LossScaleOptimizer", inner_optimizer=lambda k: k.optimizers.Adam(0.1, name="inner")),
    case("LossScaleOptimizer", initial_scale=4.0, dynamic_growth_steps=2,
         inner_optimizer=lambda k: k.optimizers.SGD(0.1, momentum=0.5, name="inner")),
]  # fmt: skip


def table(k):
    """Biases by SGD, everything else by Adam."""
    inner = k.optimizers.SGD(0.1, momentum=0.5, name="inner_sgd")
    return k.optimizers.OptimizerMap(k.optimizers.Adam(0.1, name="inner_adam"), {".*bias": inner})


CASES += [
    case("MultiOptimizer", optimizer_map=table),
    case("MultiOptimizer", optimizer_map=table, loss_scale_factor=4.0),
]

SCHEDULES = [
    ("ExponentialDecay", (0.1, 3, 0.5), {}),
    ("ExponentialDecay", (0.1, 3, 0.5), {"staircase": True}),
    ("PiecewiseConstantDecay", ([2, 5, 9], [0.1, 0.05, 0.02, 0.01]), {}),
    ("PolynomialDecay", (0.1, 7), {}),
    ("PolynomialDecay", (0.1, 7), {"end_learning_rate": 0.03, "power": 2.0}),
    ("PolynomialDecay", (0.1, 4), {"cycle": True}),
    ("InverseTimeDecay", (0.1, 3, 0.5), {}),
    ("InverseTimeDecay", (0.1, 3, 0.5), {"staircase": True}),
    ("CosineDecay", (0.1, 7), {}),
    ("CosineDecay", (0.1, 7), {"alpha": 0.2}),
    ("CosineDecay", (0.0, 7), {"warmup_target": 0.2, "warmup_steps": 4, "alpha": 0.1}),
    ("CosineDecayRestarts", (0.1, 3), {}),
    ("CosineDecayRestarts", (0.1, 3), {"t_mul": 1.0, "m_mul": 0.8, "alpha": 0.1}),
    ("CosineDecayRestarts", (0.1, 3), {"t_mul": 1.5, "m_mul": 0.5}),
]
