"""Callbacks that speak to something outside: RemoteMonitor, and OrbaxCheckpoint, which cannot."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from hornlet.callbacks.callback import Callback


class RemoteMonitor(Callback):
    """Sends the logs of every epoch to a server by HTTP POST; needs the package `requests`.

    What is sent is a JSON object of the epoch's number and its metrics.

    Args:
        root: address of the server.
        path: path on the server.
        field: field of the form that holds the JSON, unless `send_as_json`.
        headers: dictionary of HTTP headers.
        send_as_json: whether the JSON is the whole body, of the type `application/json`.

    Raises:
        ImportError: at the end of an epoch, if `requests` is not installed.

    A server that does not answer gives a warning, and training goes on.

    >>> keras.callbacks.RemoteMonitor(send_as_json=True).path
    '/publish/epoch/end/'
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict | None = None,
        send_as_json: bool = False,
    ):
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        import json

        try:
            import requests
        except ImportError as error:
            raise ImportError(
                "RemoteMonitor requires the `requests` library. Install it: `pip install requests`."
            ) from error
        send: dict[str, Any] = {"epoch": epoch}
        for name, value in (logs or {}).items():
            send[name] = value.item() if isinstance(value, (np.ndarray, np.generic)) else value
        address = self.root + self.path
        try:
            if self.send_as_json:
                requests.post(address, json=send, headers=self.headers)
            else:
                requests.post(address, {self.field: json.dumps(send)}, headers=self.headers)
        except requests.exceptions.RequestException:
            warnings.warn(
                f"Could not reach RemoteMonitor root server at {self.root}. Start it, or give its "
                "address as `root`.",
                stacklevel=2,
            )


class OrbaxCheckpoint(Callback):
    """Not available: Orbax writes checkpoints of JAX's arrays, and there are none here.

    Args: as Keras's; none of them is looked at.

    Raises:
        ImportError: always. `ModelCheckpoint` and `BackupAndRestore` save the same state.

    >>> keras.callbacks.OrbaxCheckpoint("checkpoints")
    Traceback (most recent call last):
    ...
    ImportError: OrbaxCheckpoint saves JAX's arrays, ...
    """

    def __init__(
        self,
        directory: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int | None = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ):
        raise ImportError(
            "OrbaxCheckpoint saves JAX's arrays, and variables are NumPy's here. Use "
            "`keras.callbacks.ModelCheckpoint` for models and weights, or "
            "`keras.callbacks.BackupAndRestore` for the whole state of training. "
            f"Received: directory={directory!r}"
        )
