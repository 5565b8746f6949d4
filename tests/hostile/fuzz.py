"""`python -m tests.hostile.fuzz ROUNDS`: byte flips over a file of every format, in this process.

Prints what came out of the family of errors, and last the number of files tried; exits with 1 if
anything did.
"""

import os
import random
import sys
import tempfile
import warnings
import zipfile

import hornlet
from hornlet.saving import stores, tensors
from tests.hostile import seeds
from tests.hostile.child import SECONDS, Guard, confine, outcome_of

KINDS = ("m.keras", "n.keras", "m.h5", "m.weights.h5", "m.safetensors", "m.weights.json",
         "m.onnx")  # fmt: skip


def _files(folder):
    model = seeds.model()
    for name in KINDS:
        path = os.path.join(folder, name)
        if name == "n.keras":
            with open(path, "wb") as file:
                file.write(seeds.packed(zipfile.ZIP_STORED))
        elif name.endswith((".keras", "m.h5")):
            model.save(path)
        elif name.endswith(".onnx"):
            model.export(path)
        elif name.endswith(".json"):
            model.save_weights(path, max_shard_size=1.0)
        else:
            model.save_weights(path)
    return model


def _spoiled(data, draw):
    """Some bytes changed, a piece cut out, doubled, or moved."""
    made = bytearray(data)
    way = draw.randrange(4)
    at, other = sorted(draw.randrange(len(made)) for _ in range(2))
    if way == 0:
        for _ in range(draw.choice((1, 1, 2, 8, 64))):
            made[draw.randrange(len(made))] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, 32, 91, 123))
    elif way == 1:
        made[draw.randrange(len(made))] ^= 1 << draw.randrange(8)
    elif way == 2:
        del made[at : min(other, at + 64)]
    else:
        made[at:at] = made[other : other + 64]
    return bytes(made)


def main(rounds):
    warnings.simplefilter("ignore")
    guard, draw, bad, tried = Guard(), random.Random(0), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        model = _files(folder)
        tensors.CHECKSUM = "none"  # what is meant to do harm has no checksum, or a right one
        confine()
        for name in KINDS:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                data = file.read()
            data = data[: data.rfind(stores._SEAL)] if stores._SEAL in data else data
            whole = not name.endswith((".weights.h5", ".safetensors", ".json"))
            load = hornlet.saving.load_model if whole else model.load_weights
            load = hornlet.saving.from_onnx if name.endswith(".onnx") else load
            for i in range(rounds):
                with open(path, "wb") as file:
                    file.write(_spoiled(data, draw))
                kind, message, _ = outcome_of(lambda load=load, path=path: load(path), guard)
                tried += 1
                if kind not in ("loaded", "FileError"):
                    bad += 1
                    print(f"{name} {i}: {kind} after {SECONDS} s at most: {message[-700:]}")
            with open(path, "wb") as file:
                file.write(data)
    print(tried)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
