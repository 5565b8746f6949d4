"""TextVectorization: text to indices of a vocabulary, through cleaning, splitting and n-grams."""

from __future__ import annotations

import re
import string
from typing import Any

import numpy as np

from hornlet.base.config import floatx
from hornlet.base.registry import register
from hornlet.base.serialization import deserialize_keras_object
from hornlet.layers.arguments import one_of
from hornlet.layers.base import Layer
from hornlet.layers.batches import batches_of
from hornlet.layers.index_lookup import DROPPED, MODES, OTHER_NAMES
from hornlet.layers.strings import as_text, values_of
from hornlet.layers.token_lookup import StringLookup
from hornlet.tensor.keras_tensor import KerasTensor

# As in TensorFlow, only ASCII letters have a lower case, and only ASCII space separates words:
# vocabularies that were learned there must fit.
LOWER = {ord(x): x.lower() for x in string.ascii_uppercase}
NO_PUNCTUATION = {ord(x): None for x in string.punctuation}
CLEANING = {
    "lower": LOWER,
    "strip_punctuation": NO_PUNCTUATION,
    "lower_and_strip_punctuation": {**LOWER, **NO_PUNCTUATION},
}
SPLITTING = {"whitespace": re.compile(r"[^ \t\n\v\f\r]+").findall, "character": list}


@register("keras.layers")
class TextVectorization(Layer):
    """Turn text into indices of a vocabulary, or into vectors of counts.

    Each text is standardized, split into tokens, tokens are joined to n-grams, and looked up in
    the vocabulary, which is given or learned by `adapt`. Index 0 is padding, 1 is for tokens out
    of the vocabulary; in vectors 0 is for those and there is no padding.

    Args:
        max_tokens: largest size of the vocabulary, special tokens included; None for no limit.
        standardize: `"lower_and_strip_punctuation"`, `"lower"`, `"strip_punctuation"` (all of
            ASCII), None, or a function of an array of strings.
        split: `"whitespace"`, `"character"`, None (the last axis are the tokens), or a function
            from an array of strings to a list of tokens for each.
        ngrams: None; an integer for all n-grams up to it; or a tuple of the sizes wanted.
        output_mode: `"int"` for indices; `"multi_hot"`, `"count"`, `"tf_idf"` and `"one_hot"`
            as in `StringLookup`.
        output_sequence_length: with `"int"`, length that rows are padded or cut to; by default
            that of the longest text.
        pad_to_max_tokens: whether vectors have length `max_tokens` whatever the vocabulary.
        vocabulary: list or array of tokens, or path of a text file of one a line.
        idf_weights: for `"tf_idf"`, a number for each token of `vocabulary`.
        sparse, ragged: must be False; there are no sparse or ragged tensors here.
        encoding: of texts given as bytes.
        name: of the layer.

    Input shape: ``(batch,)`` or ``(batch, 1)`` of strings, as an array or list. Output shape:
    ``(batch, tokens)`` of int64, or ``(batch, vocabulary)``.

    >>> layer = keras.layers.TextVectorization(output_sequence_length=4)
    >>> layer.adapt(["foo bar", "bar baz", "baz bada boom"])
    >>> layer.get_vocabulary()
    ['', '[UNK]', 'baz', 'bar', 'foo', 'boom', 'bada']
    >>> layer(["Foo qux, bar!", "qux baz"])
    array([[4, 1, 3, 0],
           [1, 2, 0, 0]])
    """

    supports_jit = False
    reads_values = True

    def __init__(
        self,
        max_tokens: Any = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: Any = "int",
        output_sequence_length: Any = None,
        pad_to_max_tokens: Any = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: Any = False,
        encoding: Any = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ):
        for argument, value in (("sparse", sparse), ("ragged", ragged)):
            if value:
                raise ValueError(f"`{argument}=True` is not supported: all tensors are dense.")
        for argument, value, known in (
            ("standardize", standardize, CLEANING), ("split", split, SPLITTING),
        ):  # fmt: skip
            if value is not None and not callable(value):
                one_of(argument, value, tuple(known))
        output_mode = one_of("output_mode", OTHER_NAMES.get(output_mode, output_mode), MODES)
        if (
            not _is_integer(ngrams)
            and ngrams is not None
            and not (isinstance(ngrams, tuple) and all(map(_is_integer, ngrams)))
        ):
            raise ValueError(
                "Argument `ngrams` must be None, an integer, or a tuple of integers. Received: "
                f"ngrams={ngrams!r}"
            )
        length = output_sequence_length
        if length is not None and not (output_mode == "int" and _is_integer(length)):
            raise ValueError(
                "Argument `output_sequence_length` must be None, or an integer with "
                f"output_mode='int'. Received: output_sequence_length={length!r} with "
                f"output_mode={output_mode!r}"
            )
        given = kwargs.pop("has_input_vocabulary", vocabulary is not None)
        size = kwargs.pop("vocabulary_size", None)
        super().__init__(name=name, **kwargs)
        self._standardize = standardize
        self._split = split
        self._ngrams_arg = ngrams
        sizes: Any = ngrams
        self._ngrams = tuple(range(1, sizes + 1)) if _is_integer(ngrams) else ngrams
        self._output_mode = output_mode
        self._output_sequence_length = output_sequence_length
        self._encoding = encoding
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens, vocabulary=vocabulary, idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens, mask_token="", output_mode=output_mode,
            has_input_vocabulary=given, encoding=encoding, vocabulary_size=size,
        )  # fmt: skip
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True

    @property
    def compute_dtype(self) -> Any:
        """Always `"string"`."""
        return "string"

    @property
    def variable_dtype(self) -> Any:
        """Always `"string"`."""
        return "string"

    def build(self, input_shape: Any = None) -> None:
        """There is nothing to build."""

    # The vocabulary.

    def adapt(self, data: Any, batch_size: Any = None, steps: Any = None) -> None:
        """Learn the vocabulary of texts, in place of one learned before.

        Args:
            data: array or list of texts, or an iterable of batches of them.
            batch_size: accepted as in Keras.
            steps: number of batches to read; all by default.
        """
        self.reset_state()
        for batch in batches_of(data, steps, whole=(list, tuple)):
            whole = batch is data
            x = values_of(batch, self)
            self.update_state(x[:, None] if whole and x.ndim == 1 else x)
        self.finalize_state()

    def update_state(self, data: Any) -> None:
        """Count the tokens of a batch of texts."""
        self._lookup_layer.count_tokens(self._tokens_of(data)[0])

    def finalize_state(self) -> None:
        """Make the vocabulary of the tokens counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self) -> None:
        """Forget what was counted; the vocabulary stays."""
        self._lookup_layer.reset_state()

    def get_vocabulary(self, include_special_tokens: bool = True) -> Any:
        """The tokens in the order of their indices."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> Any:
        """The number of tokens, special ones included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Set the vocabulary instead of learning it; see `StringLookup.set_vocabulary`."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights=idf_weights)

    # Using it.

    def compute_output_shape(self, input_shape: Any) -> Any:
        if self._output_mode == "int":
            return (input_shape[0], self._output_sequence_length)
        shape = tuple(input_shape)
        if self._split is not None:
            shape = (*shape, None)
        elif len(shape) <= 1:
            shape = (*shape, 1)
        return self._lookup_layer.compute_output_shape(shape)

    def compute_output_spec(self, inputs: Any) -> Any:
        dtype = "int64" if self._output_mode == "int" else floatx()
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=dtype)

    def _tokens_of(self, inputs):
        """A list of tokens for each text, and the shape of the texts."""
        x = as_text(values_of(inputs, self), self._encoding)
        if callable(self._standardize):
            x = as_text(np.asarray(self._standardize(x)), self._encoding)
        if self._split is None:
            shape = x.shape[:-1] if x.ndim > 1 else ()
            documents = x.reshape(-1, x.shape[-1] if x.ndim else 1).tolist()
        else:
            if x.ndim > 1:
                if x.shape[-1] != 1:
                    raise ValueError(
                        "To split texts, `TextVectorization` takes inputs of rank 1, or with a "
                        f"last axis of size 1. Received: shape {x.shape}"
                    )
                x = x[..., 0]
            shape = x.shape
        if isinstance(self._standardize, str):
            table = CLEANING[self._standardize]
            if self._split is None:
                documents = [[t.translate(table) for t in row] for row in documents]
            else:
                x = np.array([t.translate(table) for t in x.ravel().tolist()], dtype=str)
        if callable(self._split):
            documents = [_strings(row, self._encoding) for row in self._split(x.reshape(shape))]
        elif self._split is not None:
            documents = list(map(SPLITTING[self._split], x.ravel().tolist()))
        if self._ngrams is not None:
            documents = [_ngrams(tokens, self._ngrams) for tokens in documents]
        return documents, shape

    def call(self, inputs: Any) -> Any:
        documents, shape = self._tokens_of(inputs)
        lookup = self._lookup_layer
        flat = np.array([token for tokens in documents for token in tokens], dtype=object)
        flat = lookup.indices_of(flat)
        counts = np.array([len(tokens) for tokens in documents], dtype="int64")
        width = int(counts.max(initial=0))
        padding = 0 if self._output_mode == "int" else DROPPED
        y = np.full((len(documents), width), padding, "int64")
        y[np.arange(width) < counts[:, None]] = flat
        n = self._output_sequence_length
        if n is not None:
            y = np.pad(y[:, :n], ((0, 0), (0, max(0, n - width))), constant_values=padding)
        y = lookup.encode(y)
        return y.reshape(*shape, *y.shape[1:])

    # Config and files.

    def get_config(self) -> dict[str, Any]:
        lookup = self._lookup_layer.get_config()
        names = ("max_tokens", "pad_to_max_tokens", "sparse", "vocabulary", "idf_weights")
        return {
            **super().get_config(),
            **{name: lookup[name] for name in names},
            "standardize": self._standardize,
            "split": self._split,
            "ngrams": self._ngrams_arg,
            "output_mode": self._output_mode,
            "output_sequence_length": self._output_sequence_length,
            "ragged": False,
            "encoding": self._encoding,
            "vocabulary_size": self.vocabulary_size(),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        config = dict(config)
        if isinstance(config.get("vocabulary"), str):
            StringLookup.from_config({"vocabulary": config["vocabulary"]})
        for name in ("standardize", "split"):
            if not isinstance(config.get(name), str):
                config[name] = deserialize_keras_object(config.get(name))
        if isinstance(config.get("ngrams"), list):
            config["ngrams"] = tuple(config["ngrams"])
        return super().from_config(config)

    def save_own_variables(self, store: Any) -> None:
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store: Any) -> None:
        self._lookup_layer.load_own_variables(store)

    def save_assets(self, dir_path: Any) -> None:
        """Write the tokens to `vocabulary.txt` in a folder."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path: Any) -> None:
        """Read the tokens that `save_assets` wrote, here or in Keras."""
        self._lookup_layer.load_assets(dir_path)


def _is_integer(x):
    return isinstance(x, int) and not isinstance(x, bool)


def _strings(tokens, encoding):
    return as_text(np.asarray(tokens), encoding).tolist()


def _ngrams(tokens, sizes):
    """All runs of so many tokens, joined by spaces, size by size."""
    return [
        " ".join(tokens[i : i + n]) for n in sizes for i in range(len(tokens) - n + 1)
    ]  # fmt: skip
