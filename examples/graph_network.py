"""A graph network by segment ops: who belongs to which club, told by the company they keep.

    python -m hornlet run examples/graph_network.py [epochs]

The graph is made: three clubs, friendships mostly inside a club, and interests that hint at the
club only faintly. `import keras` may also be the real Keras.
"""

import sys

import keras
import numpy as np
from keras import layers, ops

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 40
PEOPLE, CLUBS, INTERESTS = 600, 3, 12


class GraphConvolution(layers.Layer):
    """Every node takes the mean of its neighbours' messages, and adds what it is itself."""

    def __init__(self, units, edges, **kwargs):
        super().__init__(**kwargs)
        self.sources, self.targets = edges
        self.message = layers.Dense(units, activation="relu")
        self.own = layers.Dense(units)

    def build(self, shape):
        self.message.build(shape)
        self.own.build(shape)

    def call(self, nodes):
        n = nodes.shape[0]
        messages = ops.take(self.message(nodes), self.sources, axis=0)
        total = ops.segment_sum(messages, self.targets, num_segments=n, sorted=True)
        degree = ops.segment_sum(ops.ones((len(self.targets), 1)), self.targets, num_segments=n)
        return self.own(nodes) + total / ops.maximum(degree, 1)


class GraphNetwork(keras.Model):
    """Names the clubs of the people whose numbers it is given."""

    def __init__(self, features, edges):
        super().__init__()
        self.features = features
        self.convolutions = [GraphConvolution(16, edges) for _ in range(2)]
        self.normalization = layers.LayerNormalization()
        self.dropout = layers.Dropout(0.3)
        self.head = layers.Dense(CLUBS)

    def call(self, people, training=False):
        nodes = ops.convert_to_tensor(self.features)
        for convolution in self.convolutions:
            nodes = self.dropout(convolution(nodes), training=training)
        return self.head(self.normalization(ops.take(nodes, people, axis=0)))


keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
club = rng.integers(0, CLUBS, PEOPLE)
chance = np.where(club[:, None] == club, 0.04, 0.008)
friends = np.triu(rng.random((PEOPLE, PEOPLE)) < chance, 1)
edges = [end.astype("int32") for end in np.nonzero(friends | friends.T)]
targets, sources = edges  # nonzero goes row by row: the targets come sorted
liking = rng.normal(size=(CLUBS, INTERESTS))
features = (0.35 * liking[club] + rng.normal(size=(PEOPLE, INTERESTS))).astype("float32")
people = rng.permutation(PEOPLE).astype("int32")
train, test = people[:150], people[150:]

model = GraphNetwork(features, (sources, targets))
model.compile(
    keras.optimizers.Adam(1e-2),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(train, club[train], batch_size=50, epochs=EPOCHS, verbose=2)

# Logistic regression on the interests alone, for comparison.
alone = keras.Sequential([layers.Dense(CLUBS)])
alone.compile(
    "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"]
)
alone.fit(features[train], club[train], batch_size=50, epochs=EPOCHS, verbose=0)
without = alone.evaluate(features[test], club[test], verbose=0)[1]
print(f"accuracy by interests alone {without:.4f}")
print(f"accuracy {model.evaluate(test, club[test], verbose=0)[1]:.4f}")
