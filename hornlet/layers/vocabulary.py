"""WithVocabulary: layers that know tokens by number, given to them or learned from data."""

from __future__ import annotations

import os
from collections import Counter

import numpy as np

from hornlet.base.config import floatx
from hornlet.base.files import atomic_write
from hornlet.layers.base import Layer
from hornlet.layers.batches import batches_of


class Table:
    """Learned tokens and their indices, which count from `start`."""

    def __init__(self, tokens, start):
        self.tokens = list(tokens)
        self.start = start
        self.places = {token: start + i for i, token in enumerate(self.tokens)}

    def __len__(self):
        return len(self.tokens)

    def find(self, x, default):
        """The index of every token in an array, ``default`` for those not in the table."""
        get = self.places.get
        found = (get(token, default) for token in x.ravel().tolist())
        return np.fromiter(found, "int64", x.size).reshape(x.shape)


class WithVocabulary(Layer):
    """Base: a vocabulary, `set_vocabulary` and `adapt`, and its place in files.

    A subclass sets the arguments of its constructor, turns inputs into arrays of tokens in
    `keys_of`, and lines of a file into tokens in `_parsed`.
    """

    table: Table

    def keys_of(self, inputs):
        """Inputs as an array of tokens; subclasses define it."""
        raise NotImplementedError

    @property
    def oov_start(self):
        """The first index for tokens out of the vocabulary."""
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def token_start(self):
        """The index of the first token."""
        return self.oov_start + self.num_oov_indices

    def vocabulary_size(self):
        """The number of tokens, with mask and out-of-vocabulary indices."""
        return len(self.table) + self.token_start

    def get_vocabulary(self, include_special_tokens=True):
        """The tokens in the order of their indices.

        Args:
            include_special_tokens: whether mask and out-of-vocabulary tokens stand before them.
        """
        if not include_special_tokens:
            return list(self.table.tokens)
        return [*self.special_tokens(), *self.table.tokens]

    def special_tokens(self):
        return [self.mask_token] * self.oov_start + [self.oov_token] * self.num_oov_indices

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Set the vocabulary, and the weights of `"tf_idf"`, instead of learning them.

        Args:
            vocabulary: list or array of tokens, without the special tokens or with all of them
                in front; or the path of a text file of one token a line, without special ones.
            idf_weights: one number for each token of `vocabulary`.

        Raises:
            ValueError: tokens that stand twice, special tokens elsewhere than in front, a
                vocabulary that is empty or longer than `max_tokens`, weights that do not fit.
            RuntimeError: another size than before, where it is the length of the output.
        """
        if (self.output_mode == "tf_idf") != (idf_weights is not None):
            raise ValueError(
                "`idf_weights` must be given with output_mode='tf_idf' and with no other. "
                f"Received: output_mode={self.output_mode!r}, idf_weights={idf_weights}"
            )
        if isinstance(vocabulary, str):
            tokens, specials = self._from_file(vocabulary), False
        else:
            tokens = self.keys_of(vocabulary).ravel().tolist()
            if not tokens:
                raise ValueError(f"`vocabulary` must not be empty. Received: {vocabulary}")
            specials = tokens[: self.token_start] == self.special_tokens()
            if specials:
                tokens = tokens[self.token_start :]
            self._check(tokens)
        self.__dict__["table"] = Table(tokens, self.token_start)
        self._record_vocabulary_size()
        if idf_weights is not None:
            self._set_weights_of_tokens(idf_weights, len(tokens), specials)

    def _from_file(self, path):
        if not os.path.exists(path):
            raise ValueError(f"Vocabulary file {path} does not exist.")
        if self.output_mode == "tf_idf":
            raise ValueError("With output_mode='tf_idf', `vocabulary` cannot be a file.")
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        return self._parsed(lines[:-1] if lines[-1] == "" else lines)

    def _parsed(self, lines):
        """Tokens of the vocabulary from lines of text."""
        return lines

    def _check(self, tokens):
        repeated = [token for token, n in Counter(tokens).items() if n > 1]
        if repeated:
            raise ValueError(
                f"Every token of `vocabulary` must stand there once. Repeated are: {repeated}"
            )
        reserved = {"mask": self.mask_token}
        if self.invert:
            reserved["OOV"] = self.oov_token
        for kind, token in reserved.items():
            if token is not None and token in tokens:
                raise ValueError(
                    f"The {kind} token {token!r} stands in `vocabulary` at index "
                    f"{tokens.index(token)}. Leave the special tokens out, or put them in front, "
                    f"in this order: {self.special_tokens()}"
                )
        size = self.token_start + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                f"`vocabulary` is longer than `max_tokens` allows. Received: {size} tokens with "
                f"the special ones, max_tokens={self.max_tokens}"
            )

    def _set_weights_of_tokens(self, idf_weights, n, specials):
        weights = np.asarray(idf_weights, floatx())
        n += self.token_start if specials else 0
        if weights.shape != (n,):
            raise ValueError(
                f"`idf_weights` must be {n} numbers, one for each token of `vocabulary`. "
                f"Received: shape {weights.shape}"
            )
        self._put_weights(weights, 0 if specials else self.token_start)

    def _put_weights(self, weights, front):
        """Weights with their mean for ``front`` tokens in front, and zeros to `max_tokens`."""
        back = self.max_tokens - front - len(weights) if self.pad_to_max_tokens else 0
        ends = (weights.mean() if front else 0, 0)
        self.__dict__["idf_weights"] = np.pad(
            weights, (front, back), constant_values=ends
        ).astype(floatx())  # fmt: skip

    def _record_vocabulary_size(self):
        size, before = self.vocabulary_size(), self._frozen_vocab_size
        fixed = self.output_mode != "int" and not self.pad_to_max_tokens
        if fixed and before is not None and size != before:
            raise RuntimeError(
                f"The length of the output of layer '{self.name}' is the vocabulary's, which "
                f"cannot change from {before} to {size} any more. Make a new layer, or use "
                "output_mode='int' or pad_to_max_tokens=True."
            )
        self._frozen_vocab_size = size

    # Learning it.

    def adapt(self, data, steps=None):
        """Learn the vocabulary of data, in place of one learned before.

        Args:
            data: array or list of tokens, one document a row; or an iterable of such batches.
            steps: number of batches to read; all by default.
        """
        self.reset_state()
        for batch in batches_of(data, steps, whole=(list, tuple)):
            whole = batch is data
            x = self.keys_of(batch)
            self.update_state(x[:, None] if whole and x.ndim == 1 else x)
        self.finalize_state()

    def update_state(self, data):
        """Count the tokens of a batch; a batch of one axis is one document."""
        x = self.keys_of(data)
        self.count_tokens(np.reshape(x, (x.shape[0] if x.ndim > 1 else 1, -1)).tolist())

    def count_tokens(self, documents):
        """Count the tokens of documents, lists of tokens."""
        if self._has_input_vocabulary:
            raise ValueError(
                f"The vocabulary of layer '{self.name}' was given to it; it cannot learn another. "
                "Make a layer without `vocabulary` to adapt it."
            )
        for tokens in documents:
            self.token_counts.update(tokens)
            if self.output_mode == "tf_idf":
                self.document_counts.update(set(tokens))
        self.__dict__["documents"] += len(documents)

    def finalize_state(self):
        """Make the vocabulary of the tokens counted."""
        counts = self.token_counts
        if self._has_input_vocabulary or not counts:
            self._record_vocabulary_size()
            return
        for token in (self.mask_token, self.oov_token):
            counts.pop(token, None)
        tokens = sorted(counts, key=lambda token: (counts[token], token), reverse=True)
        if self.max_tokens is not None:
            tokens = tokens[: max(0, self.max_tokens - self.token_start)]
        self.__dict__["table"] = Table(tokens, self.token_start)
        if self.output_mode == "tf_idf":
            n = np.array([self.document_counts[token] for token in tokens])
            weights = np.log(1 + self.documents / (1 + n)).astype(floatx())
            self._put_weights(weights, self.token_start)
        self.reset_state()
        self._record_vocabulary_size()

    def reset_state(self):
        """Forget what was counted; the vocabulary stays."""
        self.__dict__.update(token_counts=Counter(), document_counts=Counter(), documents=0)

    # Files.

    def save_own_variables(self, store):
        """The weights of `"tf_idf"`; the tokens are an asset."""
        if self.output_mode == "tf_idf" and self.idf_weights is not None:
            store["idf_weights"] = self.idf_weights

    def load_own_variables(self, store):
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            self.__dict__["idf_weights"] = np.asarray(store["idf_weights"])

    def save_assets(self, dir_path):
        """Write the tokens to `vocabulary.txt` in a folder, one a line; unless they are config."""
        if self.input_vocabulary is None:
            lines = [str(token) for token in self.get_vocabulary()]
            text = "\n".join(lines).encode()
            path = os.path.join(dir_path, "vocabulary.txt")
            atomic_write(path, lambda file: file.write(text))

    def load_assets(self, dir_path):
        """Read the tokens that `save_assets` wrote, here or in Keras."""
        if self.input_vocabulary is not None:
            return
        with open(os.path.join(dir_path, "vocabulary.txt"), encoding="utf-8") as file:
            lines = file.read().split("\n")
        while lines and lines[-1] == "":
            lines.pop()
        tokens = self._parsed(lines)
        if tokens == self.special_tokens():
            self.__dict__["table"] = Table([], self.token_start)
        elif tokens:
            self.set_vocabulary(tokens, self.idf_weights)
