"""`python -m tests.load.endurance SECONDS`: fits, predicts, saves and loads for so long.

Prints the resident bytes and the open descriptors after a start and at the end, and the rounds.
"""

import gc
import os
import sys
import tempfile
import time

import numpy as np

import hornlet as keras
from tests.load import networks


def resident():
    """Bytes of this process in memory."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def descriptors():
    """How many files and sockets this process has open."""
    return len(os.listdir("/proc/self/fd")) - 1


def once(models, folder, i):
    """One round of what a program does with models all day."""
    for name, model in models.items():
        x, y = networks.data(model, 40, i)
        path = os.path.join(folder, name)
        checkpoint = keras.callbacks.ModelCheckpoint(path + ".keras")
        model.fit(x, y, verbose=0, callbacks=[checkpoint, keras.callbacks.CSVLogger(path + ".csv")])
        model.predict(x[:7], verbose=0)
        model.save_weights(path + ".weights.h5")
        model.load_weights(path + ".weights.h5")
        copy = keras.saving.load_model(path + ".keras")
        assert np.array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))
        try:
            model.predict(x[..., :1], verbose=0)
        except ValueError:
            continue
        raise AssertionError("a wrong input was taken")


def main(seconds):
    models = {name: networks.MODELS[name]() for name in ("dense", "recurrent", "pictures")}
    for model in models.values():
        model.compile("adam", "mse", metrics=["mae"])
    with tempfile.TemporaryDirectory() as folder:
        for i in range(12):
            once(models, folder, i)
        gc.collect()
        print(resident(), descriptors(), flush=True)
        i, end = 0, time.monotonic() + seconds
        while i < 12 or time.monotonic() < end:
            once(models, folder, i)
            i += 1
        gc.collect()
        print(resident(), descriptors(), i)


if __name__ == "__main__":
    main(float(sys.argv[1]))
