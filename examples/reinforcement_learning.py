"""REINFORCE: a network learns to catch a falling ball by trying.

    python -m hornlet run examples/reinforcement_learning.py [rounds]

A ball falls straight through a small field, and the paddle below moves by one column at a time.
Nothing is said until the end: 1 for a catch, -1 for a miss. `import keras` may also be the real
Keras.
"""

import sys

import keras
import numpy as np
from keras import layers

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
ROWS, COLUMNS, AT_ONCE = 7, 7, 64


class Catch:
    """Many games side by side; a state is a field of zeros with a one for ball and paddle each."""

    def __init__(self, games, rng):
        self.row = 0
        self.ball, self.paddle = rng.integers(0, COLUMNS, (2, games))

    def state(self):
        games = np.arange(len(self.ball))
        fields = np.zeros((len(games), ROWS, COLUMNS), "float32")
        fields[games, self.row, self.ball] = 1
        fields[games, ROWS - 1, self.paddle] += 1
        return fields

    def step(self, move):
        """Move the paddles by -1, 0 or 1; the rewards, and whether the games are over."""
        self.row += 1
        self.paddle = np.clip(self.paddle + move, 0, COLUMNS - 1)
        over = self.row == ROWS - 1
        return np.where(self.ball == self.paddle, 1.0, -1.0) * over, over


def play(policy, rng, greedy=False, games=AT_ONCE):
    """States, moves and final rewards of games played to their end."""
    game, over, states, moves = Catch(games, rng), False, [], []
    while not over:
        states.append(game.state())
        chances = policy.predict_on_batch(states[-1])
        draw = 0 if greedy else rng.gumbel(size=chances.shape)
        moves.append((np.log(chances + 1e-9) + draw).argmax(axis=-1))
        reward, over = game.step(moves[-1] - 1)
    return np.concatenate(states), np.concatenate(moves), reward


keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
policy = keras.Sequential(
    [
        keras.Input(shape=(ROWS, COLUMNS)),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(3, activation="softmax"),
    ]
)
# The policy's gradient is that of the cross entropy of the moves made, weighed by how much better
# than usual they went.
policy.compile(keras.optimizers.Adam(1e-2), loss="sparse_categorical_crossentropy")
usual = 0.0
for k in range(ROUNDS):
    states, moves, reward = play(policy, rng)
    advantage = np.tile(reward - usual, len(states) // AT_ONCE).astype("float32")
    policy.train_on_batch(states, moves, sample_weight=advantage)
    usual = 0.9 * usual + 0.1 * reward.mean()
    if k % 25 == 0:
        print(f"round {k}: caught {np.mean(reward > 0):.2f}")

print(f"caught {np.mean(play(policy, rng, greedy=True, games=1000)[2] > 0):.4f}")
