"""Is a sentence praise? Words to numbers, an embedding, and an LSTM that reads in both directions.

    python -m hornlet run examples/text_classification.py [epochs]

The sentences are made up such that no single word decides: half of the kind words are denied.
`import keras` may also be the real Keras, whose TextVectorization needs TensorFlow.
"""

import random
import sys

import keras
import numpy as np
from keras import layers

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 8
KIND = ["good", "wonderful", "lovely", "clever", "charming", "funny"]
UNKIND = ["bad", "terrible", "dull", "silly", "boring", "ugly"]
THINGS = ["film", "plot", "music", "ending", "cast", "story"]
OPENINGS = ["", "honestly , ", "to my surprise , ", "as we all said , ", "i think "]
DEGREES = ["", "very ", "at all ", "really ", "that "]
CLOSINGS = ["", " .", " from start to end", " , my friends agree", " this time"]


def sentence():
    """One sentence, and 1 if it praises."""
    kind, denied = random.random() < 0.5, random.random() < 0.5
    words = f"{random.choice(OPENINGS)}the {random.choice(THINGS)} was "
    words += ("not " if denied else "") + random.choice(DEGREES)
    words += random.choice(KIND if kind else UNKIND) + random.choice(CLOSINGS)
    return words, int(kind != denied)


keras.utils.set_random_seed(0)
texts, labels = zip(*(sentence() for _ in range(2500)))
vectorize = layers.TextVectorization(max_tokens=100, output_sequence_length=14)
vectorize.adapt(list(texts[:2000]))
x = np.asarray(vectorize(np.array(texts)))
y = np.array(labels)

inputs = keras.Input(shape=(14,), dtype="int64")
h = layers.Embedding(vectorize.vocabulary_size(), 16, mask_zero=True)(inputs)
h = layers.Bidirectional(layers.LSTM(16))(h)
outputs = layers.Dense(1, activation="sigmoid")(h)
model = keras.Model(inputs, outputs)
model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy", metrics=["accuracy"])
model.fit(x[:2000], y[:2000], batch_size=64, epochs=EPOCHS, verbose=2)

for text in ("the music was not bad", "the ending was not really funny this time"):
    praise = model.predict(np.asarray(vectorize(np.array([text]))), verbose=0)[0, 0]
    print(f"{praise:.2f} that this is praise: {text}")
print(f"accuracy {model.evaluate(x[2000:], y[2000:], verbose=0)[1]:.4f}")
