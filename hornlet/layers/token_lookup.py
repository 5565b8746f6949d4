"""StringLookup and IntegerLookup: strings and integers to indices of a vocabulary, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.registry import register
from hornlet.engine.tensor import Tensor
from hornlet.layers.index_lookup import DROPPED, IndexLookup
from hornlet.layers.strings import as_text, is_text, values_of


@register("keras.layers")
class StringLookup(IndexLookup):
    """Turn strings into indices of a vocabulary, or indices into strings.

    The vocabulary is given, or learned by `adapt`: the most frequent tokens come first, equally
    frequent ones in reverse order.

    Args:
        max_tokens: largest size of the vocabulary, special tokens included; None for no limit.
        num_oov_indices: number of indices for strings out of the vocabulary; with more than one,
            strings are hashed to them; with 0 such strings are an error.
        mask_token: a string that gets index 0 with output_mode `"int"`, and counts nothing in
            the other modes.
        oov_token: what `invert` returns for indices out of the vocabulary.
        vocabulary: list or array of strings, or path of a text file of one a line.
        idf_weights: for `"tf_idf"`, a number for each token of `vocabulary`.
        invert: whether indices become strings (as bytes).
        output_mode: `"int"` for indices; `"one_hot"`, a vector for each string; `"multi_hot"`,
            `"count"` and `"tf_idf"`, a vector for each row with 1, the number of times, or this
            number times the weight at each token.
        pad_to_max_tokens: whether vectors have length `max_tokens` whatever the vocabulary.
        sparse: must be False; sparse tensors are not supported.
        encoding: of strings given as bytes.
        name: of the layer.
        salt: key of the hash that `num_oov_indices` uses.

    >>> layer = keras.layers.StringLookup(vocabulary=["a", "b", "c", "d"])
    >>> layer([["a", "c", "d"], ["d", "z", "b"]])
    array([[1, 3, 4],
           [4, 0, 2]])
    >>> layer = keras.layers.StringLookup()
    >>> layer.adapt([["a", "c", "d"], ["d", "z", "b"]])
    >>> layer.get_vocabulary()
    ['[UNK]', 'd', 'z', 'c', 'b', 'a']
    """

    def __init__(
        self,
        max_tokens: Any = None,
        num_oov_indices: Any = 1,
        mask_token: Any = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: Any = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool | None = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        **kwargs: Any,
    ):
        kwargs = dict(kwargs)
        arguments = dict(locals(), oov_method=kwargs.pop("oov_method", "floormod"))
        self.__dict__["encoding"] = encoding
        super().__init__(arguments)

    def keys_of(self, inputs: Any) -> Any:
        x = values_of(inputs, self)
        if x.size and not is_text(x):
            raise TypeError(
                f"`StringLookup` reads strings. Received: values of dtype {x.dtype}. "
                "`IntegerLookup` reads integers."
            )
        return as_text(x, self.encoding)

    def _table_of(self, names):
        return np.array([name.encode(self.encoding) for name in names], dtype=object)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "encoding": self.encoding}
        del config["vocabulary_dtype"]
        return config


@register("keras.layers")
class IntegerLookup(IndexLookup):
    """Turn integers into indices of a vocabulary, or indices into integers.

    Args:
        max_tokens: largest size of the vocabulary, special tokens included; None for no limit.
        num_oov_indices: number of indices for integers out of the vocabulary; with more than
            one, `oov_method` spreads them; with 0 such integers are an error.
        mask_token: an integer that gets index 0 with output_mode `"int"`, and counts nothing in
            the other modes.
        oov_token: what `invert` returns for indices out of the vocabulary.
        vocabulary: list or array of integers, or path of a text file of one a line.
        vocabulary_dtype: must be `"int64"`.
        idf_weights: for `"tf_idf"`, a number for each token of `vocabulary`.
        invert: whether indices become integers of the vocabulary.
        output_mode: `"int"`, `"one_hot"`, `"multi_hot"`, `"count"` or `"tf_idf"`, as in
            `StringLookup`.
        sparse: must be False; sparse tensors are not supported.
        pad_to_max_tokens: whether vectors have length `max_tokens` whatever the vocabulary.
        oov_method: `"floormod"` for the remainder by `num_oov_indices`, or `"farmhash"`.
        salt: key of the hash of `"farmhash"`.
        name: of the layer.

    >>> layer = keras.layers.IntegerLookup(vocabulary=[12, 36, 1138, 42])
    >>> layer([[12, 1138, 42], [42, 1000, 36]])
    array([[1, 3, 4],
           [4, 0, 2]])
    """

    vocabulary_dtype = "int64"

    def __init__(
        self,
        max_tokens: Any = None,
        num_oov_indices: Any = 1,
        mask_token: Any = None,
        oov_token: Any = -1,
        vocabulary: Any = None,
        vocabulary_dtype: Any = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: Any = "int",
        sparse: bool | None = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        if vocabulary_dtype != "int64":
            raise ValueError(
                "Argument `vocabulary_dtype` must be 'int64'. Received: "
                f"vocabulary_dtype={vocabulary_dtype!r}"
            )
        if salt is not None and oov_method != "farmhash":
            raise ValueError(
                "Argument `salt` is of use with oov_method='farmhash' only. Received: "
                f"oov_method={oov_method!r}"
            )
        super().__init__(locals())

    def keys_of(self, inputs: Any) -> Any:
        if isinstance(inputs, Tensor) and inputs.value is None and self.oov_method == "floormod":
            return ops.cast(inputs, "int64")
        x = values_of(inputs, self)
        if x.size and is_text(x):
            raise TypeError(
                f"`IntegerLookup` reads integers. Received: values of dtype {x.dtype}. "
                "`StringLookup` reads strings."
            )
        return x.astype("int64")

    def indices_of(self, x: Any) -> Any:
        return self.traced_indices_of(x) if isinstance(x, Tensor) else super().indices_of(x)

    def traced_indices_of(self, x: Any) -> Any:
        """The same inside a compiled step, where unknown integers cannot be an error."""
        n = self.num_oov_indices
        y = self.oov_start + ops.mod(x, n) if n else ops.full_like(x, DROPPED)
        if len(self.table):
            tokens = np.array(self.table.tokens)
            order = np.argsort(tokens)
            at = ops.minimum(ops.searchsorted(tokens[order], x), len(order) - 1)
            known = ops.equal(ops.take(tokens[order], at), x)
            y = ops.where(known, ops.take(order + self.token_start, at), y)
        if self.mask_token is not None:
            masked = 0 if self.output_mode == "int" else DROPPED
            y = ops.where(ops.equal(x, self.mask_token), masked, y)
        return ops.cast(y, "int64")

    def bucket_of(self, x: Any) -> Any:
        if self.oov_method == "floormod":
            return np.mod(x, self.num_oov_indices)
        return super().bucket_of(x)

    def _parsed(self, lines):
        return [int(line) for line in lines]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if config["vocabulary"] is not None:
            config["vocabulary"] = [int(token) for token in config["vocabulary"]]
        return config
