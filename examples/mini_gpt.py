"""A small GPT: a transformer that learns a little language and then speaks it.

    python -m hornlet run examples/mini_gpt.py [epochs]

The language is made; its sentences have a number (one dog sees, two dogs see) that the verb,
some words later, has to agree with. `import keras` may also be the real Keras.
"""

import random
import sys

import keras
import numpy as np
from keras import layers, ops

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 8
LENGTH, WIDTH = 24, 32
NOUNS, VERBS, ADJECTIVES = ["dog", "cat", "bird"], ["see", "hear", "like"], ["old", "small", "red"]
NAMES = ["anna", "ben"]


def sentence():
    """For example: two small dogs hear ben ."""
    many = random.random() < 0.5
    words = ["two" if many else "one"]
    words += random.sample(ADJECTIVES, random.randint(0, 2))
    words += [random.choice(NOUNS) + "s" * many, random.choice(VERBS) + "s" * (not many)]
    return [*words, random.choice(NAMES), "."]


def is_right(words):
    """Whether the words are a sentence of the language."""
    if len(words) < 4 or words[0] not in ("one", "two"):
        return False
    *adjectives, noun, verb, name = words[1:]
    many = words[0] == "two"
    nouns, verbs = [n + "s" * many for n in NOUNS], [v + "s" * (not many) for v in VERBS]
    orderly = len(adjectives) <= 2 and all(word in ADJECTIVES for word in adjectives)
    return orderly and noun in nouns and verb in verbs and name in NAMES


class TransformerBlock(layers.Layer):
    """Attention to what came before, then a small network at every place."""

    def __init__(self, heads, width, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.MultiHeadAttention(heads, width // heads)
        self.network = keras.Sequential(
            [layers.Dense(4 * width, activation="gelu"), layers.Dense(width)]
        )
        self.before_attention, self.before_network = (layers.LayerNormalization() for _ in "ab")

    def call(self, x):
        h = self.before_attention(x)
        x = x + self.attention(h, h, use_causal_mask=True)
        return x + self.network(self.before_network(x))


class TokenAndPosition(layers.Layer):
    """What a word is and where it stands, as one vector."""

    def __init__(self, tokens, length, width, **kwargs):
        super().__init__(**kwargs)
        self.token, self.place = layers.Embedding(tokens, width), layers.Embedding(length, width)

    def call(self, x):
        return self.token(x) + self.place(ops.arange(ops.shape(x)[-1]))


keras.utils.set_random_seed(0)
text = [word for _ in range(2500) for word in sentence()]
known = sorted(set(text))
numbers = np.array([known.index(word) for word in text])
rows = np.lib.stride_tricks.sliding_window_view(numbers, LENGTH + 1)[:: LENGTH // 2].copy()

inputs = keras.Input(shape=(None,), dtype="int32")
h = TokenAndPosition(len(known), LENGTH, WIDTH)(inputs)
h = TransformerBlock(4, WIDTH)(TransformerBlock(4, WIDTH)(h))
gpt = keras.Model(inputs, layers.Dense(len(known))(layers.LayerNormalization()(h)))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
gpt.compile(keras.optimizers.AdamW(5e-3), loss)
gpt.fit(rows[:, :-1], rows[:, 1:], batch_size=32, epochs=EPOCHS, verbose=2)

# Forty voices speak at once, each word drawn as likely as the network holds it.
rng = np.random.default_rng(0)
spoken = np.full((40, 1), known.index("."))
while spoken.shape[1] < LENGTH:
    scores = gpt.predict(spoken, verbose=0)[:, -1]
    spoken = np.c_[spoken, (scores + rng.gumbel(size=scores.shape)).argmax(axis=-1)]
voices = [" ".join(known[k] for k in row[1:]).split(" . ") for row in spoken]
sentences = [text.split() for voice in voices for text in voice[:-1]]
print(*(" ".join(words) for words in sentences[:5]), sep=".\n", end=".\n")
print(f"sentences {len(sentences)}")
print(f"sentences right {np.mean([is_right(words) for words in sentences]):.4f}")
