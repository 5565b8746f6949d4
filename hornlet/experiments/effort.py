"""How long runs take, for the time left and for the size of the doses; no figure depends on it."""

from __future__ import annotations

from hornlet.experiments.recipes import RECIPES
from hornlet.experiments.settings import Settings

# Letters in folds 0 to 7: of the six of the report, and of the whole alphabet.
SIX, ALPHABET = 12_123, 41_679
# Seconds on one core of an x86 server: by letter and pass, by weight, letter and pass.
PER_LETTER = {"deep": 5e-4, "cnn": 9e-4}
PER_WEIGHT, PER_OUTPUT, START = 4.5e-11, 1e-9, 0.5


def cost(settings: Settings) -> float:
    """About how many seconds a run takes on one core."""
    rows = settings["rows"] or (ALPHABET if len(settings["letters"]) > 6 else SIX)
    if settings["way"] == "recipe":
        epochs = settings.get("epochs", RECIPES[settings["kind"]].epochs)
        return START + rows * epochs * PER_LETTER[settings["kind"]]
    width, depth = settings["width"], settings["depth"]
    weights = 784 * width + (depth - 1) * width**2 + len(settings["letters"]) * width
    passes = settings["iterations"] if settings["way"] == "report" else settings["epochs"]
    return START + rows * passes * (weights * PER_WEIGHT + depth * width * PER_OUTPUT)
