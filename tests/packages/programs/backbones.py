"""KerasHub: its BERT finds a word, its GPT-2 learns to count, and its sampler writes on."""

import keras
import keras_hub
import numpy as np

SMALL = {"num_layers": 1, "num_heads": 2, "hidden_dim": 16, "intermediate_dim": 32, "dropout": 0.0}

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

bert = keras_hub.models.BertBackbone(vocabulary_size=20, max_sequence_length=8, **SMALL)
tokens = rng.integers(1, 20, (1200, 8))
has_word = (tokens < 3).any(axis=1).astype("int64")
x = {"token_ids": tokens, "segment_ids": 0 * tokens, "padding_mask": 0 * tokens + 1}
head = keras.layers.Dense(2)(bert.output["pooled_output"])
classifier = keras.Model(bert.input, head)
classifier.compile(keras.optimizers.Adam(5e-3), loss, metrics=["accuracy"])
train, test = ({k: v[part] for k, v in x.items()} for part in (slice(1000), slice(1000, None)))
classifier.fit(train, has_word[:1000], batch_size=32, epochs=8, verbose=0)
print(f"common {max(has_word.mean(), 1 - has_word.mean()):.4f}")
print(f"accuracy {classifier.evaluate(test, has_word[1000:], verbose=0)[1]:.4f}")

gpt = keras_hub.models.GPT2Backbone(vocabulary_size=12, max_sequence_length=10, **SMALL)
task = keras_hub.models.GPT2CausalLM(backbone=gpt, preprocessor=None)
task.compile(keras.optimizers.Adam(1e-2), loss, sampler="greedy")
counting = (rng.integers(0, 12, (320, 1)) + np.arange(11)) % 12
ones = np.ones((32, 10), "int64")
for _ in range(6):
    for rows in counting.reshape(10, 32, 11):
        task.train_on_batch({"token_ids": rows[:, :-1], "padding_mask": ones}, rows[:, 1:])
prompt = np.zeros((1, 10), "int64")
prompt[0, :2] = 3, 4
given = (np.arange(10) < 2)[None].astype("int64")
written = task.generate({"token_ids": prompt, "padding_mask": given}, stop_token_ids=None)
print("written", *np.asarray(written["token_ids"])[0])
