"""TensorBoard: the course of training as event files, which the program `tensorboard` shows."""

from __future__ import annotations

import json
import os
import time
import warnings
from typing import Any

import numpy as np

from hornlet.base.config import image_data_format
from hornlet.base.files import atomic_write
from hornlet.callbacks.callback import Callback
from hornlet.callbacks.event_files import EventFile
from hornlet.callbacks.monitor import rates


class TensorBoard(Callback):
    """Writes metrics, weights and the model for `tensorboard --logdir LOG_DIR`.

    Files are written in the folders `train` and `validation` by a writer of our own; neither
    TensorFlow nor TensorBoard is needed. `evaluate` and validation also write their metrics over
    the optimizer's iterations, as `evaluation_NAME_vs_iterations`.

    Args:
        log_dir: the folder; no other callback should use it.
        histogram_freq: every how many epochs histograms of weights are written; 0 for never.
        write_graph: whether a functional or sequential model is written, to be drawn.
        write_images: whether weights are written as images, together with their histograms.
        write_steps_per_second: whether the number of steps per second is written.
        update_freq: "epoch", or every how many batches ("batch" for 1) metrics are written too.
        profile_batch: 0; the step is a program of our own, which TensorBoard cannot profile.
        embeddings_freq: every how many epochs weights are saved for the embedding projector.
        embeddings_metadata: file of the labels of embeddings, or a dictionary of them by layer.

    Raises:
        ValueError: if `profile_batch` is not 0, or `embeddings_metadata` names unknown layers.

    >>> keras.callbacks.TensorBoard("logs", update_freq="batch").update_freq
    1
    """

    def __init__(
        self,
        log_dir: Any = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ):
        super().__init__()
        _check_profile(profile_batch)
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._global_train_batch = 0
        self._use_folder()

    def _use_folder(self) -> None:
        self._train = EventFile(os.path.join(self.log_dir, "train"))
        self._validation = EventFile(os.path.join(self.log_dir, "validation"))

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._use_folder()
        if self.write_graph and type(model).__name__ in ("Functional", "Sequential"):
            try:
                text = model.to_json()
            except Exception as error:  # layers are the user's: training goes on without a drawing
                warnings.warn(
                    f"TensorBoard leaves the graph out: the model has no JSON form ({error}). Pass "
                    "`write_graph=False`, or give its layers `get_config`.",
                    stacklevel=2,
                )
            else:
                self._train.model("keras", text, 0)
        if self.embeddings_freq:
            self._configure_embeddings()

    def _configure_embeddings(self) -> None:
        """Writes the file that tells the projector of the embeddings and their labels."""
        metadata = self.embeddings_metadata
        layers = [x for x in self.model.layers if hasattr(x, "embeddings_initializer")]
        if isinstance(metadata, dict):
            unknown = sorted(set(metadata) - {x.name for x in layers})
            if unknown:
                raise ValueError(
                    "Unrecognized `Embedding` layer names passed to `keras.callbacks.TensorBoard` "
                    f"`embeddings_metadata` argument: {unknown}. The model has: "
                    f"{[x.name for x in layers]}"
                )
        lines = []
        for layer in layers:
            path = metadata.get(layer.name) if isinstance(metadata, dict) else metadata
            name = "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE"
            lines += ["embeddings {", f'  tensor_name: "{name}"']
            if path is not None:
                lines.append(f"  metadata_path: {json.dumps(os.fspath(path))}")
            lines.append("}")
        os.makedirs(self.log_dir, exist_ok=True)
        text = "".join(f"{line}\n" for line in lines).encode()
        path = os.path.join(self.log_dir, "projector_config.pbtxt")
        atomic_write(path, lambda file: file.write(text))

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        self._start_clock()  # that of another process says nothing here

    def on_train_begin(self, logs: Any = None) -> None:
        self._global_train_batch = 0

    def on_train_end(self, logs: Any = None) -> None:
        self._train.close()
        self._validation.close()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._global_train_batch += 1
        self._batch_start = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        step = self._global_train_batch
        if self.update_freq == "epoch" or step % self.update_freq:
            return
        if self.write_steps_per_second:
            seconds = time.perf_counter() - self._batch_start
            self._train.scalar("batch_steps_per_second", 1.0 / max(seconds, 1e-9), step)
        if isinstance(logs, dict):
            for name, value in logs.items():
                self._train.scalar(f"batch_{name}", value, step)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._start_clock()

    def _start_clock(self) -> None:
        if self.write_steps_per_second:
            self._epoch_start = time.perf_counter(), int(self.model.optimizer.iterations)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if logs:
            self._write_metrics(epoch, logs)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            name = f"keras_embedding.ckpt-{epoch}.weights.h5"
            os.makedirs(self._train.folder, exist_ok=True)
            self.model.save_weights(os.path.join(self._train.folder, name), overwrite=True)
        self._train.flush()
        self._validation.flush()

    def _write_metrics(self, epoch: int, logs: dict) -> None:
        for name, value in logs.items():
            if name.startswith("val_"):
                self._validation.scalar(f"epoch_{name[4:]}", value, epoch)
            else:
                self._train.scalar(f"epoch_{name}", value, epoch)
        optimizer = self.model.optimizer
        if hasattr(optimizer, "learning_rate") or hasattr(optimizer, "optimizers"):
            for name, rate in rates(optimizer).items():
                self._train.scalar(f"epoch_{name}", rate, epoch)
        if self.write_steps_per_second:
            start, before = self._epoch_start
            rate = (int(optimizer.iterations) - before) / (time.perf_counter() - start)
            self._train.scalar("epoch_steps_per_second", rate, epoch)

    def on_test_end(self, logs: Any = None) -> None:
        iterations = getattr(self.model.optimizer, "iterations", None)
        if iterations is None:
            return
        for name, value in (logs or {}).items():
            self._validation.scalar(f"evaluation_{name}_vs_iterations", value, int(iterations))
        self._validation.flush()

    def _write_weights(self, epoch: int) -> None:
        for layer in self.model.layers:
            for weight in layer.weights:
                name = weight.path.replace(":", "_")
                self._train.histogram(f"{name}/histogram", weight.numpy(), epoch)
                if self.write_images:
                    images = _as_images(weight.numpy())
                    if images is not None:
                        self._train.images(f"{name}/image", images, epoch)


def _as_images(weight: np.ndarray) -> np.ndarray | None:
    """A weight as images `(n, height, width, channels)`; None if it has no such form."""
    w = np.squeeze(weight)
    if w.ndim == 1:
        w = w.reshape(1, -1, 1, 1)
    elif w.ndim == 2:
        w = w.T if w.shape[0] > w.shape[1] else w
        w = w[None, :, :, None]
    elif w.ndim == 3:
        # One image for each kernel.
        w = w.transpose(2, 0, 1) if image_data_format() == "channels_last" else w
        w = w[..., None]
    return w if w.ndim == 4 and w.shape[-1] in (1, 3, 4) else None


def _check_profile(profile_batch: Any) -> None:
    given = profile_batch
    if isinstance(given, str):
        given = [int(part) for part in given.split(",")]
        given = given[0] if len(given) == 1 else given
    first, last = given if isinstance(given, (list, tuple)) and len(given) == 2 else (given, given)
    if not isinstance(first, int) or not isinstance(last, int) or not 0 <= first <= last:
        raise ValueError(
            "profile_batch must be a non-negative integer or 2-tuple of positive integers. A pair "
            "of positive integers signifies a range of batches to profile. "
            f"Found: {profile_batch}"
        )
    if last:
        raise ValueError(
            "Profiling is not available: a step is a program of this library, which TensorBoard "
            "has no view of. Pass `profile_batch=0`. "
            f"Received: profile_batch={profile_batch}"
        )
