"""The mini-Keras model: layers in a row, trained by gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.names import one_of
from hornlet.callbacks import Callback
from hornlet.engine import GradientTape
from hornlet.layers import Activation, Dense, Input
from hornlet.losses import CategoricalCrossentropy
from hornlet.mini.activations import softmax
from hornlet.mini.layer import Layer
from hornlet.mini.losses import cross_entropy_loss
from hornlet.mini.metrics import accuracy
from hornlet.models import Sequential as LibrarySequential
from hornlet.optimizers import SGD
from hornlet.tensor.variable import Variable

PENALTIES = {"ridge": lambda w: w, "lasso": ops.sign}


class Descent(LibrarySequential):
    """A Sequential whose step penalises kernels and notes the norms of their gradients."""

    def set_penalty(self, regularization: str | None, weight_penalty: float) -> None:
        self.penalty = PENALTIES[regularization] if regularization else None
        self.weight_penalty = weight_penalty
        count = sum(isinstance(layer, Dense) for layer in self.layers)
        self.step_norms = Variable(np.zeros(count), trainable=False, name="step_norms")

    def train_step(self, data):
        x, y = data
        with GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(x, y, y_pred)
        weights = self.trainable_variables
        gradients = tape.gradient(loss, weights)
        kernels = [i for i, w in enumerate(weights) if len(w.shape) == 2]
        norms = [ops.sqrt(ops.sum(ops.square(gradients[i]))) for i in kernels]
        self.step_norms.assign(ops.stack(norms))
        if self.penalty is not None:
            for i in kernels:
                gradients[i] = gradients[i] + self.weight_penalty * self.penalty(weights[i].value)
        self.optimizer.apply_gradients(zip(gradients, weights))
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return self.get_metrics_result()


class NormRecorder(Callback):
    """Appends each step's gradient norms to the lists of `norms`."""

    def __init__(self, norms: list[list[float]]):
        super().__init__()
        self.norms = norms

    def on_train_batch_end(self, batch, logs=None):
        for series, norm in zip(self.norms, self.model.step_norms.numpy().tolist()):
            series.append(norm)


class Sequential:
    """mini-Keras's model: the first layer gives the input's size, the others compute.

    Args:
        layers: layers to add, none by default.

    Attributes:
        norms: by weight matrix, from the input on, the norm of its gradient of the cross entropy
            (penalty not counted) at each step since `compile`.
        network: the same network as a `keras.Sequential`, to save or to go on with.

    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
    >>> Y = np.array([[1, 0], [0, 1], [0, 1], [1, 0]], "float32")
    >>> model = keras.mini.Sequential()
    >>> model.add(keras.mini.Layer(size=2))
    >>> model.add(keras.mini.Layer(size=16, activation="relu"))
    >>> model.add(keras.mini.Layer(size=2, activation="softmax"))
    >>> model.compile(learning_rate=0.5, weight_penalty=0)
    >>> history = model.fit(X, Y, iterations=300)
    >>> model.score(X, Y)
    1.0
    >>> len(model.norms), len(model.norms[0])
    (2, 300)
    """

    def __init__(self, layers: list[Layer] | None = None):
        self.layers: list[Layer] = []
        self.norms: list[list[float]] = []
        self.descent: Descent | None = None
        self._compiled = False
        for layer in layers or []:
            self.add(layer)

    def add(self, layer: Layer) -> None:
        """Append a layer.

        Args:
            layer: a `keras.mini.Layer`; the first one gives the size of the input.
        """
        if not isinstance(layer, Layer):
            raise TypeError(f"Argument `layer` must be a mini Layer. Received: {layer!r}")
        self.layers.append(layer)
        self.descent = None
        self._compiled = False

    def _build(self) -> Descent:
        if self.descent is None:
            if len(self.layers) < 2:
                raise ValueError(
                    "A model needs a first layer with the input's size and at least one more. "
                    f"Received: {self.layers}"
                )
            parts = [Input((self.layers[0].size,))]
            for before, layer in zip(self.layers, self.layers[1:]):
                logits = self._ends_in_softmax and layer is self.layers[-1]
                parts.extend(layer.build(before.size, logits))
            self.descent = Descent(parts)
        return self.descent

    @property
    def _ends_in_softmax(self) -> bool:
        """Then the softmax is left to the loss, whose gradient is ``(p - t) / n`` at any size."""
        return self.layers[-1].activation == "softmax" and not self.layers[-1].drops

    @property
    def network(self) -> LibrarySequential:
        """The network as a plain `keras.Sequential` of the same layers, weights shared."""
        end = [Activation("softmax")] if self._ends_in_softmax else []
        return LibrarySequential([Input((self.layers[0].size,)), *self._build().layers, *end])

    def get_weights(self) -> list[np.ndarray]:
        """Kernels and biases in order, as arrays."""
        return [w.numpy() for w in self._build().trainable_variables]

    def set_weights(self, weights: list[np.ndarray]) -> None:
        """Set kernels and biases to what `get_weights` returned."""
        variables = self._build().trainable_variables
        if len(weights) != len(variables):
            raise ValueError(
                f"Argument `weights` must hold {len(variables)} arrays. Received: {len(weights)}"
            )
        for variable, value in zip(variables, weights):
            variable.assign(value)

    def compile(
        self,
        learning_rate: float = 0.01,
        regularization: str | None = "ridge",
        weight_penalty: float = 0.001,
        *,
        penalty: str | None = None,
    ) -> None:
        """Set how the model is trained: plain gradient descent on the mean cross entropy.

        Args:
            learning_rate: the step's size.
            regularization: "ridge" adds ``weight_penalty * W`` to the gradient of every weight
                matrix, "lasso" ``weight_penalty * sign(W)``, None nothing. Biases go unpenalised.
            weight_penalty: how much.
            penalty: another name for `regularization`.

        Raises:
            ValueError: another name, or a penalty that is no number from 0 on.
        """
        if penalty is not None and regularization not in ("ridge", penalty):
            raise ValueError(
                "Arguments `regularization` and `penalty` are two names of one thing: give one. "
                f"Received: regularization={regularization!r}, penalty={penalty!r}"
            )
        word = "regularization" if penalty is None else "penalty"
        name = one_of(word, penalty or regularization, (*PENALTIES, None))
        if not isinstance(weight_penalty, (int, float)) or not weight_penalty >= 0:
            raise ValueError(
                "Argument `weight_penalty` must be a number that is not negative. "
                f"Received: weight_penalty={weight_penalty!r}"
            )
        descent = self._build()
        descent.set_penalty(name if weight_penalty else None, weight_penalty)
        descent.compile(
            optimizer=SGD(learning_rate),
            loss=CategoricalCrossentropy(from_logits=self._ends_in_softmax),
            metrics=["accuracy"],
        )
        self.norms = [[] for layer in descent.layers if isinstance(layer, Dense)]
        self._compiled = True

    def fit(
        self,
        x: Any,
        targets: Any,
        iterations: int = 100,
        batch_size: int | None = None,
        validation_data: tuple | None = None,
        verbose: int | str = 0,
        callbacks: list | None = None,
    ) -> Any:
        """Train by gradient descent.

        Args:
            x: inputs of the shape ``(n, size of the first layer)``.
            targets: one-hot rows of the shape ``(n, size of the last layer)``, or class numbers.
            iterations: passes over the data; with full batches steps.
            batch_size: rows per step, all by default.
            validation_data: ``(x, targets)`` to evaluate after each iteration.
            verbose: 1 or 2 to print progress.
            callbacks: Keras callbacks.

        Returns:
            the history: `.history` maps "loss", "accuracy" and with validation "val_loss" and
            "val_accuracy" to their values by iteration.
        """
        if not self._compiled:
            raise ValueError("Call `compile()` before `fit()`.")
        if not hasattr(iterations, "__index__") or iterations < 1:
            raise ValueError(
                "Argument `iterations` must be a positive integer. "
                f"Received: iterations={iterations!r}"
            )
        x = np.asarray(x)
        if validation_data is not None:
            if not isinstance(validation_data, (tuple, list)) or len(validation_data) != 2:
                raise ValueError(
                    "Argument `validation_data` must be a pair `(x, targets)`. Received: "
                    f"{type(validation_data).__name__} of length {len(validation_data)}"
                )
            validation_data = (np.asarray(validation_data[0]), self._one_hot(validation_data[1]))
        return self._build().fit(
            x,
            self._one_hot(targets),
            batch_size=len(x) if batch_size is None else batch_size,
            epochs=iterations,
            validation_data=validation_data,
            verbose=verbose,
            shuffle=batch_size is not None,
            callbacks=[NormRecorder(self.norms), *(callbacks or [])],
        )

    def predict(self, x: Any) -> np.ndarray:
        """Class probabilities, of the shape ``(n, size of the last layer)``.

        Args:
            x: inputs of the shape ``(n, size of the first layer)``.
        """
        y = self._build().predict(np.asarray(x), verbose=0)
        return softmax(y) if self._ends_in_softmax else y

    def score(self, x: Any, target: Any, metric: str = "accuracy") -> float:
        """Zero-one accuracy, or mean cross entropy.

        Args:
            x: inputs of the shape ``(n, size of the first layer)``.
            target: one-hot rows or class numbers.
            metric: "accuracy" or "loss".

        Raises:
            ValueError: another metric.
        """
        one_of("metric", metric, ("accuracy", "loss"))
        target = self._one_hot(target)
        y_pred = self.predict(x)
        if metric == "accuracy":
            return accuracy(y_pred, target)
        return float(cross_entropy_loss(y_pred, target))

    def _one_hot(self, targets: Any) -> np.ndarray:
        targets = np.asarray(targets)
        size = self.layers[-1].size
        if targets.ndim == 1 and targets.dtype.kind in "iu":
            if targets.size and not 0 <= targets.min() <= targets.max() < size:
                raise ValueError(
                    f"Class numbers must be from 0 to {size - 1}. "
                    f"Received: {targets.min()} to {targets.max()}"
                )
            targets = np.eye(size, dtype="float32")[targets]
        if targets.ndim != 2 or targets.shape[1] != size:
            raise ValueError(
                f"Targets must be one-hot rows of the shape (n, {size}), or class numbers. "
                f"Received: shape {targets.shape}, dtype {targets.dtype}"
            )
        return targets
