"""IndexLookup: what StringLookup and IntegerLookup share, a vocabulary and the ways to use it."""

from __future__ import annotations

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import floatx
from hornlet.base.trust import reads_other_files
from hornlet.layers.arguments import one_of
from hornlet.layers.encoding import encoded
from hornlet.layers.hashing import hash_under, salt_of
from hornlet.layers.strings import hashed
from hornlet.layers.vocabulary import Table, WithVocabulary
from hornlet.tensor.keras_tensor import KerasTensor

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")
OTHER_NAMES = {"binary": "multi_hot", "tf-idf": "tf_idf"}
DROPPED = -1  # the index of what is masked, where only vectors come out


class IndexLookup(WithVocabulary):
    """Base: tokens to indices and back, by a vocabulary that is given or learned by `adapt`.

    The vocabulary's order: the mask token, if there is one and the output is `"int"`, at 0; then
    the indices for tokens out of the vocabulary; then the tokens, the most frequent first.
    A subclass has a `vocabulary_dtype`.
    """

    supports_jit = False
    reads_values = True
    vocabulary_dtype = "string"

    def __init__(self, arguments):
        given = dict(arguments)
        kwargs = dict(given.pop("kwargs"))
        max_tokens, oov = given["max_tokens"], given["num_oov_indices"]
        output_mode = OTHER_NAMES.get(given["output_mode"], given["output_mode"])
        if max_tokens is not None and max_tokens <= 1:
            raise ValueError(
                f"Argument `max_tokens` must be greater than 1. Received: max_tokens={max_tokens}"
            )
        if given["pad_to_max_tokens"] and max_tokens is None:
            raise ValueError("With pad_to_max_tokens=True, `max_tokens` must be set too.")
        if oov < 0:
            raise ValueError(
                f"Argument `num_oov_indices` must not be negative. Received: num_oov_indices={oov}"
            )
        if given["sparse"]:
            raise ValueError("`sparse=True` is not supported: there are no sparse tensors here.")
        one_of("output_mode", output_mode, MODES)
        if given["invert"] and output_mode != "int":
            raise ValueError(
                "With invert=True, `output_mode` must be 'int'. Received: "
                f"output_mode={output_mode!r}"
            )
        if given["idf_weights"] is not None and output_mode != "tf_idf":
            raise ValueError(
                "Argument `idf_weights` is of use with output_mode='tf_idf' only. Received: "
                f"output_mode={output_mode!r}"
            )
        super().__init__(name=given["name"])
        self._convert_input_args = False
        self._allow_non_tensor_positional_args = True
        self.max_tokens = max_tokens
        self.num_oov_indices = oov
        self.mask_token = given["mask_token"]
        self.oov_token = given["oov_token"]
        self.invert = given["invert"]
        self.output_mode = output_mode
        self.sparse = given["sparse"]
        self.pad_to_max_tokens = given["pad_to_max_tokens"]
        self.oov_method = one_of("oov_method", given["oov_method"], ("floormod", "farmhash"))
        self.salt = salt_of(given["salt"])
        vocabulary, idf_weights = given["vocabulary"], given["idf_weights"]
        plain = self.__dict__  # vocabularies are long, and no state that layers track
        plain["input_vocabulary"] = None if isinstance(vocabulary, str) else vocabulary
        plain["input_idf_weights"] = idf_weights
        plain["idf_weights"] = None if idf_weights is None else np.array(idf_weights, floatx())
        self._frozen_vocab_size = kwargs.pop("vocabulary_size", None)
        self._has_input_vocabulary = kwargs.pop("has_input_vocabulary", vocabulary is not None)
        for name in ("trainable", "dtype"):
            kwargs.pop(name, None)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments: {kwargs}")
        if output_mode == "tf_idf" and self._has_input_vocabulary and idf_weights is None:
            raise ValueError(
                "With output_mode='tf_idf', a `vocabulary` needs `idf_weights` of its length."
            )
        plain["table"] = Table([], self.token_start)
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    @property
    def depth(self):
        """Length of encoded outputs; None while the vocabulary is not known."""
        return self.max_tokens if self.pad_to_max_tokens else self._frozen_vocab_size

    @property
    def compute_dtype(self):
        """dtype of the vocabulary."""
        return self.vocabulary_dtype

    @property
    def variable_dtype(self):
        """dtype of the vocabulary."""
        return self.vocabulary_dtype

    def compute_output_shape(self, input_shape):
        shape = tuple(input_shape)
        if self.output_mode == "int":
            return shape
        if self.output_mode == "one_hot" and (len(shape) <= 1 or shape[-1] != 1):
            return (*shape, self.depth)
        return (*shape[:-1], self.depth)

    def compute_output_spec(self, inputs):
        dtype = "int64" if self.output_mode == "int" else floatx()
        if self.invert:
            dtype = self.vocabulary_dtype
        return KerasTensor(self.compute_output_shape(inputs.shape), dtype=dtype)

    def call(self, inputs):
        if self.invert:
            return self.tokens_of(np.asarray(inputs))
        return self.encode(self.indices_of(self.keys_of(inputs)))

    def encode(self, indices):
        """Indices in the layer's output mode."""
        if self.output_mode == "int":
            return indices
        if self.depth is None:
            raise RuntimeError(
                f"The vocabulary of layer '{self.name}' is not known yet. With "
                f"output_mode={self.output_mode!r} and pad_to_max_tokens=False, pass `vocabulary` "
                "or call `adapt(data)` before the layer is used."
            )
        if self.output_mode != "tf_idf":
            return encoded(indices, self.output_mode, self.depth, "int64")
        if self.idf_weights is None:
            raise ValueError("With output_mode='tf_idf', `idf_weights` must be set.")
        counts = encoded(indices, "count", self.depth, floatx())
        return ops.multiply(counts, self.idf_weights)

    def indices_of(self, x):
        """The index of every token of an array."""
        y = self.table.find(x, DROPPED)
        unknown = y == DROPPED
        if self.mask_token is not None:
            masked = x == self.mask_token
            y = np.where(masked, 0 if self.output_mode == "int" else DROPPED, y)
            unknown = unknown & ~masked
        if not self.num_oov_indices and unknown.any():
            raise ValueError(
                "With num_oov_indices=0 all inputs must be in the vocabulary. Out of it are: "
                f"{np.unique(x[unknown]).tolist()[:10]}. Use num_oov_indices=1 to allow them."
            )
        if unknown.any():
            y[unknown] = self.oov_start + self.bucket_of(x[unknown])
        return y

    def bucket_of(self, x):
        """Which of the out-of-vocabulary indices each token goes to."""
        if self.num_oov_indices == 1:
            return 0
        return hashed(x, self.num_oov_indices, hash_under(self.salt))

    def tokens_of(self, indices):
        """The token of every index; strings as bytes."""
        names = self.get_vocabulary()
        unknown = len(names)
        names = [self.oov_token if name is None else name for name in names] + [self.oov_token]
        at = np.where((indices >= 0) & (indices < unknown), indices, unknown)
        return self._table_of(names)[at]

    def _table_of(self, names):
        """Tokens as an array to take from."""
        return np.array(names, dtype="int64")

    # Config.

    def get_config(self):
        return {
            **super().get_config(),
            "invert": self.invert,
            "max_tokens": self.max_tokens,
            "num_oov_indices": self.num_oov_indices,
            "oov_token": self.oov_token,
            "mask_token": self.mask_token,
            "output_mode": self.output_mode,
            "sparse": self.sparse,
            "pad_to_max_tokens": self.pad_to_max_tokens,
            "vocabulary_dtype": self.vocabulary_dtype,
            "idf_weights": listed(self.input_idf_weights),
            "vocabulary": listed(self.input_vocabulary),
            "vocabulary_size": self._frozen_vocab_size,
            "oov_method": self.oov_method,
            "salt": self.salt,
        }

    @classmethod
    def from_config(cls, config):
        if isinstance(config.get("vocabulary"), str) and not reads_other_files():
            raise ValueError(
                "A config may not name a vocabulary file: loading a model reads no other files. "
                "Pass the tokens themselves, or `safe_mode=False` to this one load. Received: "
                f"vocabulary={config['vocabulary']!r}"
            )
        return super().from_config(config)

    def get_build_config(self):
        return {}

    def build_from_config(self, config):
        self.build(None)


def listed(x):
    """Arrays as lists."""
    return x.tolist() if isinstance(x, np.ndarray) else x
