"""KerasRS: two towers learn who likes which film, and the package's retrieval names the best."""

import keras
import keras_rs
import numpy as np

PEOPLE, FILMS, BEST = 40, 60, 6

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
likes = rng.normal(size=(PEOPLE, 3)) @ rng.normal(size=(3, FILMS))
best = np.argsort(-likes, axis=1)[:, :BEST]
people = rng.integers(0, PEOPLE, 3000)
seen = best[people, rng.integers(0, BEST, people.size)]


class Towers(keras.Model):
    def __init__(self):
        super().__init__()
        self.people = keras.layers.Embedding(PEOPLE, 8)
        self.films = keras.layers.Embedding(FILMS, 8)
        self.retrieval = keras_rs.layers.BruteForceRetrieval(k=BEST, return_scores=False)

    def build(self, shape):
        self.people.build(shape)
        self.films.build(shape)
        self.retrieval.candidate_embeddings = self.films.embeddings
        self.retrieval.build(shape)

    def call(self, person, training=False):
        found = {"person": self.people(person)}
        if not training:
            found["films"] = self.retrieval(found["person"])
        return found

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        scores = y_pred["person"] @ keras.ops.transpose(self.films(y))
        numbers = keras.ops.arange(keras.ops.shape(scores)[0])
        return keras.ops.mean(
            keras.losses.sparse_categorical_crossentropy(numbers, scores, from_logits=True)
        )


model = Towers()
model.compile(keras.optimizers.Adam(2e-2))
model.fit(people, seen, batch_size=64, epochs=6, verbose=0)
films = np.asarray(model.predict(np.arange(PEOPLE), verbose=0)["films"])
print(f"recall {np.mean([np.isin(found, real).mean() for found, real in zip(films, best)]):.4f}")

cross = keras_rs.layers.FeatureCross(projection_dim=8)
inputs = keras.Input((4,))
crossed = keras.Model(inputs, keras.layers.Dense(1)(cross(inputs, inputs)))
x = rng.normal(size=(2000, 4)).astype("float32")
crossed.compile(keras.optimizers.Adam(2e-2), "mse")
crossed.fit(x, x[:, :1] * x[:, 1:2], batch_size=64, epochs=8, verbose=0)
print(f"error {crossed.evaluate(x, x[:, :1] * x[:, 1:2], verbose=0):.4f}")
