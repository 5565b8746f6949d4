"""torch, eager, with the fused Adam."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from benchmarks import cases

COLD = {"import": "import torch"}


def _dense(sizes):
    layers: list[nn.Module] = []
    for a, b in zip(sizes, sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1600, 10),
    )  # fmt: skip


def _training(case, model, x):
    y = cases.data(case)[1]
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    y = y if case.loss == "mse" else y.long()
    loss = nn.MSELoss() if case.loss == "mse" else nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    b = case.batch

    def epoch():
        for i in range(case.steps):
            optimizer.zero_grad()
            loss(model(x[i * b : i * b + b]), y[i * b : i * b + b]).backward()
            optimizer.step()

    return epoch, case.steps


def make(name):
    if name == "cnn":
        x = cases.data(cases.CNN)[0].reshape(-1, 1, 28, 28)
        return _training(cases.CNN, _cnn(), x)
    if name in cases.TRAINING:
        case = cases.TRAINING[name]
        return _training(case, _dense(case.sizes), cases.data(case)[0])
    model = _dense(cases.PREDICT_SIZES)
    rows = np.random.default_rng(0).normal(size=(10_000, 784)).astype("float32")
    row, many = torch.ones(1, 784), torch.from_numpy(rows)

    def calls():
        with torch.inference_mode():
            for _ in range(cases.CALLS):
                model(row)

    def batches():
        with torch.inference_mode():
            torch.cat([model(part) for part in many.split(32)])

    def at_once():
        with torch.inference_mode():
            model(many)

    return {
        "one row, call": (calls, cases.CALLS),
        "10,000 rows": (at_once, 1),
        "10,000 rows in 32s": (batches, 1),
    }.get(name)
