"""Sequence to sequence with attention: writes words backwards, letter by letter.

    python -m hornlet run examples/sequence_to_sequence.py [epochs]

`import keras` may also be the real Keras.
"""

import sys

import keras
import numpy as np
from keras import layers

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 12
ALPHABET = "abcdefghijkl"
NOTHING, START, END = 0, 1, 2
LONGEST = 6


def written(words, start=False):
    """Rows of numbers: the letters, END, then NOTHING; with START in front where asked for."""
    x = np.full((len(words), LONGEST + 1 + start), NOTHING)
    for row, word in zip(x, words):
        numbers = [START] * start + [3 + ALPHABET.index(letter) for letter in word] + [END]
        row[: len(numbers)] = numbers
    return x


def read(row):
    """The word that a row of numbers spells, up to its END."""
    ends = np.flatnonzero(row == END)
    return "".join(ALPHABET[k - 3] for k in row[: ends[0] if len(ends) else None] if k >= 3)


keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
lengths = rng.integers(3, LONGEST + 1, 4200)
words = ["".join(rng.choice(list(ALPHABET), length)) for length in lengths]
backwards = [word[::-1] for word in words]
sources, targets = written(words), written(backwards, start=True)

tokens = len(ALPHABET) + 3
source = keras.Input(shape=(None,), dtype="int32")
h = layers.Embedding(tokens, 32, mask_zero=True)(source)
seen, state = layers.GRU(64, return_sequences=True, return_state=True)(h)
target = keras.Input(shape=(None,), dtype="int32")
h = layers.Embedding(tokens, 32, mask_zero=True)(target)
h = layers.GRU(64, return_sequences=True)(h, initial_state=state)
looked_up = layers.Attention()([h, seen])
h = layers.Dense(64, activation="tanh")(layers.Concatenate()([h, looked_up]))
model = keras.Model([source, target], layers.Dense(tokens)(h))
model.compile(
    keras.optimizers.Adam(5e-3),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=NOTHING),
)
model.fit(
    [sources[:4000], targets[:4000, :-1]],
    targets[:4000, 1:],
    batch_size=64,
    epochs=EPOCHS,
    verbose=2,
)

# Greedy decoding: the likeliest letter is written and read again.
answer = np.full((200, LONGEST + 2), NOTHING)
answer[:, 0] = START
for step in range(LONGEST + 1):
    scores = model.predict([sources[4000:], answer[:, :-1]], verbose=0)
    answer[:, step + 1] = scores[:, step].argmax(axis=-1)
found = [read(row[1:]) for row in answer]
for word, reply in zip(words[4000:4005], found):
    print(f"{word} backwards is {reply}")
right = np.mean([a == b for a, b in zip(found, backwards[4000:])])
print(f"words right {right:.4f}")
