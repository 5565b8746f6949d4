"""The chapter's network in plain NumPy and float64, written from the description."""

import numpy as np

PENALTIES = {"ridge": lambda w: w, "lasso": np.sign}


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


ACTIVATIONS = {
    "linear": (lambda z: z, lambda y: np.ones_like(y)),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda y: y * (1 - y)),
    "relu": (lambda z: np.maximum(z, 0), lambda y: (y > 0).astype(float)),
}


class Reference:
    """Dense layers with a softmax at the end, trained by full-batch gradient descent."""

    def __init__(self, weights, activations, learning_rate, penalty, weight_penalty):
        self.weights = [np.array(w, "float64") for w in weights]
        self.activations = activations
        self.learning_rate = learning_rate
        self.penalty = PENALTIES[penalty]
        self.weight_penalty = weight_penalty

    def outputs(self, x):
        """The output of every layer, the input first."""
        outputs = [x]
        for i, name in enumerate(self.activations):
            w, b = self.weights[2 * i : 2 * i + 2]
            z = outputs[-1] @ w + b
            outputs.append(softmax(z) if name == "softmax" else ACTIVATIONS[name][0](z))
        return outputs

    def loss(self, x, t):
        return -np.mean(np.sum(t * np.log(self.outputs(x)[-1]), axis=1))

    def gradients(self, x, t):
        """Of the mean cross entropy alone, in the order of the weights."""
        outputs = self.outputs(x)
        dz = (outputs[-1] - t) / len(x)
        gradients = []
        for i in reversed(range(len(self.activations))):
            gradients[:0] = [outputs[i].T @ dz, dz.sum(axis=0)]
            if i:
                slope = ACTIVATIONS[self.activations[i - 1]][1](outputs[i])
                dz = (dz @ self.weights[2 * i].T) * slope
        return gradients

    def step(self, x, t):
        """One step; returns the norms of the weight matrices' gradients."""
        gradients = self.gradients(x, t)
        for i, dw in enumerate(gradients):
            total = dw if i % 2 else dw + self.weight_penalty * self.penalty(self.weights[i])
            self.weights[i] = self.weights[i] - self.learning_rate * total
        return [np.sqrt(np.sum(dw**2)) for dw in gradients[::2]]
