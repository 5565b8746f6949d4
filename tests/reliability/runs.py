"""Small trainings of every kind that a backup must be able to go on with, and how to compare."""

import hashlib
import warnings

import numpy as np

import hornlet as keras
from hornlet import layers
from hornlet.utils.dataset import Dataset

ROWS, STEPS, WIDTH = 22, 5, 3
BATCH = 5  # the last batch of an epoch is smaller


def data(rows=ROWS):
    rng = np.random.default_rng(7)
    x = rng.normal(size=(rows, STEPS, WIDTH)).astype("float32")
    y = (x.sum(axis=(1, 2)) > 0).astype("int64")
    return x, y, rng.uniform(0.5, 2.0, size=rows).astype("float32")


def model(units=4, **compile):
    """LSTM with dropout, batch normalization, moving averages of the weights, two metrics."""
    made = keras.Sequential(
        [
            keras.Input((STEPS, WIDTH)),
            layers.LSTM(units, dropout=0.2, recurrent_dropout=0.2, return_sequences=True),
            layers.BatchNormalization(),
            layers.GRU(units),
            layers.GaussianNoise(0.1),
            layers.Dropout(0.3),
            layers.LayerNormalization(),
            layers.Dense(2),
        ]
    )
    settings = {
        "optimizer": keras.optimizers.Adam(
            0.02, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=4
        ),
        "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "metrics": ["accuracy"],
        "weighted_metrics": ["sparse_categorical_crossentropy"],
    }
    made.compile(**{**settings, **compile})
    return made


class Walk(keras.callbacks.Callback):
    """A user's callback: state of all plain kinds, which the training depends on."""

    def __init__(self, lowest=0.1):
        super().__init__()
        self.lowest = lowest
        self.rng = np.random.default_rng(3)
        self.seen = []
        self.places = {}

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(logs["loss"])
        self.places[batch] = self.rng.random()
        self.model.optimizer.learning_rate *= self.lowest + 0.9 * self.places[batch] ** 0.1

    def on_epoch_end(self, epoch, logs=None):
        logs["walk"] = float(np.mean(self.seen)) + np.random.rand()


def callbacks():
    return [
        keras.callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=0.05),
        Walk(),
    ]


def generator(seed=0):
    x, y, w = data()
    rng = np.random.default_rng(seed)
    while True:
        rows = rng.choice(ROWS, BATCH)
        yield x[rows], y[rows], w[rows]


class Speaking:
    """A generator that says where it is; it may not be run again, as its start is another."""

    starts = 0

    def __init__(self):
        Speaking.starts += 1
        self.rng = np.random.default_rng(Speaking.starts)

    def __iter__(self):
        return self

    def __next__(self):
        x, y, w = data()
        rows = self.rng.choice(ROWS, BATCH)
        return x[rows], y[rows], w[rows]

    def get_state(self):
        return {"rng": self.rng}

    def set_state(self, state):
        self.rng = state["rng"]


class Batches(keras.utils.PyDataset):
    """By index, in an order of its own that changes with every epoch."""

    def __init__(self, **more):
        super().__init__(**more)
        self.order = np.arange(ROWS)
        self.asked = []

    def __len__(self):
        return 4

    def __getitem__(self, index):
        self.asked.append(index)
        x, y, w = data()
        rows = self.order[BATCH * index : BATCH * (index + 1)]
        return x[rows], y[rows], w[rows]

    def on_epoch_end(self):
        np.random.shuffle(self.order)

    def get_state(self):
        return {"order": self.order.copy()}

    def set_state(self, state):
        self.order = state["order"]


def stream():
    """hornlet's own streaming data set, shuffled before and after it is kept in memory."""
    rows = Dataset.from_tensor_slices(data()).shuffle(8, seed=1).cache().shuffle(ROWS)
    return rows.batch(BATCH).prefetch(2)


def function():
    x, y, w = data()
    order = np.random.permutation(ROWS)
    for start in range(0, ROWS, BATCH):
        rows = order[start : start + BATCH]
        yield x[rows], y[rows], w[rows]


def _arrays(**more):
    x, y, w = data()
    return {"x": x, "y": y, "sample_weight": w, "batch_size": BATCH, **more}


# name -> (arguments of `fit`, made anew for every call; settings of `compile`)
KINDS = {
    "arrays": lambda: (_arrays(validation_split=0.2), {}),
    "arrays in order": lambda: (_arrays(shuffle=False), {}),
    "shuffled in batches": lambda: (_arrays(shuffle="batch"), {}),
    "steps across epochs": lambda: (_arrays(steps_per_epoch=3), {}),
    "several steps at once": lambda: (_arrays(), {"steps_per_execution": 2}),
    "eager": lambda: (_arrays(), {"run_eagerly": True}),
    "generator": lambda: (
        {"x": generator(), "steps_per_epoch": 4, "validation_data": generator(5),
         "validation_steps": 2}, {}),
    "generator that ends": lambda: ({"x": iter([next(generator(i)) for i in range(4)])}, {}),
    "speaking generator": lambda: ({"x": Speaking(), "steps_per_epoch": 4}, {}),
    "data set by index": lambda: ({"x": Batches(), "shuffle": True}, {}),
    "data set with workers": lambda: ({"x": Batches(workers=2), "shuffle": True}, {}),
    "streaming data set": lambda: ({"x": stream(), "validation_data": stream()}, {}),
    "streams across epochs": lambda: ({"x": stream().repeat(), "steps_per_epoch": 4}, {}),
    "function": lambda: ({"x": function}, {}),
}  # fmt: skip


def train(kind, *more, epochs=2, **settings):
    """A whole training from seed 1; gives the model and its history."""
    keras.utils.set_random_seed(1)
    Speaking.starts = 0
    arguments, compile = KINDS[kind]()
    made = model(**compile)
    return fit(made, arguments, *more, epochs=epochs, **settings)


def fit(made, arguments, *more, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        history = made.fit(
            **arguments, verbose=0, callbacks=[*more, *callbacks()], **settings
        ).history
    return made, history


def fingerprint(made, history):
    """All that a training ends with, in one word."""
    found = hashlib.sha256(repr(history).encode())
    for v in (*made.variables, *made.optimizer.variables):
        found.update(v.array.tobytes())
    found.update(repr(np.random.random()).encode())
    return found.hexdigest()
