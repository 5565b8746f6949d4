"""A neural network in plain NumPy, written to be read: the idea of mini-Keras from scratch.

    python examples/mini_from_scratch.py

A network is a chain of layers. Each layer multiplies what it gets by a table of numbers, the
weights W, adds a row of numbers, the biases b, and bends the result with a simple function, the
activation. Learning means to change W and b a little, again and again, such that the outputs come
nearer to what we want. `hornlet.mini` gives the same numbers.
"""

import numpy as np


def relu(z):
    """Negative numbers become 0. Without such a bend, many layers could do no more than one."""
    return np.maximum(z, 0)


def sigmoid(z):
    """Any number becomes one between 0 and 1."""
    return 1 / (1 + np.exp(-z))


def linear(z):
    return z


def softmax(z):
    """Scores become probabilities: positive, and 1 in sum. The maximum is taken off first, which
    changes nothing in the quotient but keeps exp from overflowing."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


# How fast each activation's output y changes with its input z, written in terms of y itself.
SLOPES = {
    relu: lambda y: (y > 0) * 1.0,
    sigmoid: lambda y: y * (1 - y),
    linear: lambda y: np.ones_like(y),
}

# What a penalty adds to the gradient of W, to keep the weights small: ridge pulls each weight
# towards 0 by its size, lasso by a fixed amount, so that many end at 0.
PENALTIES = {"ridge": lambda w: w, "lasso": np.sign}


class Network:
    """Fully connected layers with a softmax at the end.

    `sizes` are the numbers of inputs, of each hidden layer's outputs, and of classes.
    """

    def __init__(self, sizes, activation=relu, seed=0):
        random = np.random.default_rng(seed)
        pairs = list(zip(sizes, sizes[1:]))
        # Random beginnings, because equal weights would learn equal things. Their size is chosen
        # so that numbers neither grow nor shrink on their way through many layers.
        self.W = [random.normal(0, np.sqrt(2 / n), (n, m)) for n, m in pairs]
        self.b = [np.full(m, 0.01) for _, m in pairs]
        self.activations = [activation] * (len(pairs) - 1) + [softmax]

    def forward(self, x):
        """The outputs of all layers; the first entry is the input itself, the last the answer."""
        outputs = [x]
        for W, b, activation in zip(self.W, self.b, self.activations):
            outputs.append(activation(outputs[-1] @ W + b))
        return outputs

    def predict(self, x):
        return self.forward(x)[-1]

    def loss(self, x, t):
        """The cross entropy: minus the logarithm of the probability that the right class got, on
        average. It is 0 when the network is always right and certain. `t` holds a row for each
        sample, with 1 at the right class and 0 elsewhere."""
        p = self.predict(x)
        return -np.mean(np.sum(t * np.log(np.maximum(p, 1e-300)), axis=1))

    def backward(self, x, t):
        """The gradients: how much the loss grows when each weight and each bias grows by a little.

        This is backpropagation. `dz` says how the loss changes with a layer's sum z = x W + b.
        At the end it is simply "what we got minus what we wanted". From there we walk back:

        - W multiplied the layer's inputs, so a weight's share in the error is its input times dz;
        - b was added, so its share is dz itself, summed over the samples;
        - the inputs were multiplied by W, so their share is dz times W turned round; times the
          slope of the activation that made them, it is the dz of the layer before.
        """
        outputs = self.forward(x)
        dz = (outputs[-1] - t) / len(x)
        dW, db = [], []
        for layer in reversed(range(len(self.W))):
            inputs = outputs[layer]
            dW.insert(0, inputs.T @ dz)
            db.insert(0, dz.sum(axis=0))
            if layer > 0:
                dz = (dz @ self.W[layer].T) * SLOPES[self.activations[layer - 1]](inputs)
        return dW, db

    def fit(self, x, t, iterations=100, learning_rate=0.01, penalty="ridge", weight_penalty=0.001):
        """Gradient descent: go a small step against the gradient, which is downhill; repeat.

        Returns the norm (the length) of every weight table's gradient at each step. When the
        norms of the first layers are tiny, the error hardly reaches them: they learn nothing.
        """
        norms = [[] for _ in self.W]
        for _ in range(iterations):
            dW, db = self.backward(x, t)
            for layer in range(len(self.W)):
                norms[layer].append(np.sqrt(np.sum(dW[layer] ** 2)))
                pull = weight_penalty * PENALTIES[penalty](self.W[layer])
                self.W[layer] = self.W[layer] - learning_rate * (dW[layer] + pull)
                self.b[layer] = self.b[layer] - learning_rate * db[layer]
        return norms


def main():
    # XOR: the answer is "yes" when exactly one of the two inputs is 1. No straight line divides
    # the two kinds of points, so a single layer cannot learn it; two hidden layers can.
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    t = np.array([[1, 0], [0, 1], [0, 1], [1, 0]], float)
    network = Network([2, 6, 6, 2])
    print(f"loss before learning: {network.loss(x, t):.4f}")
    network.fit(x, t, iterations=10000, learning_rate=0.1)
    print(f"loss after learning:  {network.loss(x, t):.4f}")
    for row, p in zip(x, network.predict(x)):
        print(f"{row[0]:.0f} xor {row[1]:.0f} = {p.argmax()}   (probability {p.max():.3f})")


if __name__ == "__main__":
    main()
