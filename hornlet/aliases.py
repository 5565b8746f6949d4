"""hornlet in the place of Keras: `import keras` gives hornlet's modules, for this process."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Iterator
from typing import Any

from hornlet.base import registry
from hornlet.base.version import KERAS_VERSION

# Rooms of hornlet that are no part of Keras.
OWN = {"__main__", "aliases", "base", "cli", "engine", "experiments", "mini", "plot", "tensor"}

# Files and folders behind Keras's public modules, where they are not called by what is in them.
FILES = {
    "activations": "activations",
    "backend": "common config dtypes global_state keras_tensor masking name_scope remat variables",
    "constraints": "constraints",
    "distribution": "distribution_lib",
    "dtype_policies": "dtype_policy dtype_policy_map",
    "initializers": "constant_initializers initializer random_initializers",
    "layers": "activations attention convolutional core grouped_query_attention "
    "image_preprocessing input_layer input_spec "
    "lambda_layer layer merging normalization pooling preprocessing regularization reshaping rnn "
    "spatial_dropout",
    "legacy": "layers losses",
    "losses": "loss losses",
    "metrics": "accuracy_metrics confusion_metrics correlation_metrics f_score_metrics "
    "hinge_metrics iou_metrics metric probabilistic_metrics reduction_metrics regression_metrics",
    "models": "cloning functional model sequential",
    "ops": "core function image linalg math nn numpy operation operation_utils",
    "optimizers": "base_optimizer learning_rate_schedule optimizer schedules",
    "quantizers": "quantization_config quantizers",
    "random": "random seed_generator",
    "regularizers": "regularizers",
    "saving": "object_registration saving_api saving_lib serialization_lib",
    "tree": "tree_api",
    "utils": "audio_dataset_utils backend_utils config dataset_utils dtype_utils file_utils "
    "image_dataset_utils image_utils io_utils model_visualization module_utils naming "
    "numerical_utils python_utils rng_utils sequence_utils summary_utils text_dataset_utils "
    "timeseries_dataset_utils torch_utils traceback_utils",
    "wrappers": "sklearn_wrapper",
}

# What modules behind Keras's public ones have that packages are seen to use, and where it is here.
# Public names need no row: a module behind a public one has all of that one's names.
BEHIND = {
    "applications.imagenet_utils": {
        "obtain_input_shape": "applications.network.obtain_input_shape",
    },
    "backend": {
        **{name: name for name in ("KerasTensor", "StatelessScope", "Variable", "random")},
        "any_symbolic_tensors": "tensor.operation.any_symbolic",
        "compute_output_spec": "tensor.operation.compute_output_spec",
        "core": "ops",
        "get_keras_mask": "tensor.masks.get_mask",
        "set_keras_mask": "tensor.masks.set_mask",
        "standardize_data_format": "base.config.standardize_data_format",
    },
    "backend.common.stateless_scope": {
        "in_stateless_scope": "tensor.scope.in_stateless_scope",
    },
    "backend.common.symbolic_scope": {
        "in_symbolic_scope": "tensor.scope.in_symbolic_scope",
    },
    "distribution.distribution_lib": {
        name: f"distribution.{name}" for name in ("distribute_tensor", "distribution")
    },
    "layers.attention.multi_head_attention": {
        "_build_attention_equation": "layers.heads.attending",
        "_build_proj_equation": "layers.heads.projecting",
    },
    "layers.convolutional.base_conv": {"BaseConv": "layers.convolution.Conv"},
    "layers.convolutional.base_conv_transpose": {
        "BaseConvTranspose": "layers.convolution_transpose.ConvTranspose",
    },
    "layers.convolutional.base_depthwise_conv": {
        "BaseDepthwiseConv": "layers.convolution_separable.DepthwiseConv",
    },
    "layers.convolutional.base_separable_conv": {
        "BaseSeparableConv": "layers.convolution_separable.SeparableConv",
    },
    "layers.core.einsum_dense": {
        "_analyze_einsum_string": "layers.einsum_dense.analyze",
        "_analyze_quantization_info": "layers.einsum_dense.scale_axes",
    },
    "layers.merging.base_merge": {"Merge": "layers.merging.Merge"},
    "layers.pooling.base_global_pooling": {"BaseGlobalPooling": "layers.pooling.GlobalPooling"},
    "layers.pooling.base_pooling": {"BasePooling": "layers.pooling.Pooling"},
    "losses.losses": {"LossFunctionWrapper": "losses.wrapper.LossFunctionWrapper"},
    "ops": {"any_symbolic_tensors": "tensor.operation.any_symbolic"},
    "ops.node": {"Node": "tensor.node.Node"},
    "ops.operation_utils": {
        "compute_conv_output_shape": "layers.convolution.output_shape",
    },
    "random.seed_generator": {
        "global_seed_generator": "tensor.seed_generator.global_seed_generator",
    },
    "saving.saving_lib": {
        name: f"saving.streams.{name}" for name in ("H5IOStore", "load_model", "save_model")
    },
    "saving.serialization_lib": {"in_safe_mode": "base.trust.in_safe_mode"},
    "trainers.data_adapters.data_adapter_utils": {
        name: f"training.data_utils.{name}"
        for name in (
            "class_weight_to_sample_weights", "pack_x_y_sample_weight", "train_validation_split",
            "unpack_x_y_sample_weight",
        )
    },
    "utils.argument_validation": {
        "standardize_tuple": "layers.arguments.standardize_tuple",
    },
    "utils.backend_utils": {
        name: f"training.data_utils.{name}" for name in ("in_grain_data_pipeline", "in_tf_graph")
    },
    "utils.io_utils": {"print_msg": "base.config.print_message"},
    "utils.module_utils": {
        name: f"base.optional.{name}" for name in ("LazyModule", "tensorflow")
    },
    "utils.tracking": {
        "no_automatic_dependency_tracking": "tensor.tracking.no_automatic_dependency_tracking",
    },
}  # fmt: skip

# Rooms whose names a module behind the public ones has besides its own.
ALSO = {"backend": ("ops",)}


class Stay:
    """hornlet's stay in Keras's place; ends with `undo()` or, as a context, with the block."""

    def __init__(self) -> None:
        self.finder = _Finder()
        sys.meta_path.insert(0, self.finder)
        importlib.import_module("keras")

    def undo(self) -> None:
        """Give the name `keras` back; what was imported under it goes on working."""
        if self.finder in sys.meta_path:
            sys.meta_path.remove(self.finder)
            for name in [n for n in sys.modules if n == "keras" or n.startswith("keras.")]:
                del sys.modules[name]

    def __enter__(self) -> types.ModuleType:
        return sys.modules["keras"]

    def __exit__(self, *error: Any) -> None:
        self.undo()


def as_keras() -> Stay:
    """Let `import keras` and `from keras.layers import ...` find hornlet, in this process.

    Packages that build on Keras then run on hornlet unchanged; they see a Keras of the version
    whose interface this is, with the backend "numpy".

    Returns:
        An object with `undo()`; as a context manager it is undone at the end of the block.

    Raises:
        ImportError: the real Keras has been imported already.

    >>> program = "import hornlet; hornlet.as_keras(); import keras; print(keras.Sequential)"
    >>> import subprocess, sys
    >>> subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout
    "<class 'hornlet.models.sequential.Sequential'>\\n"
    """
    there = sys.modules.get("keras")
    if there is not None and not isinstance(there, _Keras):
        raise ImportError(
            "`hornlet.as_keras()` must be called before `keras` is imported, but the real Keras "
            f"is there already (from {getattr(there, '__file__', 'an unknown place')}). Call it "
            "at the top of the program, or start the program by `python -m hornlet run`."
        )
    if there is not None:
        raise ImportError(
            "hornlet stands in Keras's place already; call `undo()` of the object that the first "
            "`hornlet.as_keras()` returned before calling it again."
        )
    return Stay()


class _Keras(types.ModuleType):
    """The module `keras`: hornlet's names, and the version of the interface."""

    def __getattr__(self, name: str) -> Any:
        if name == "src":
            return importlib.import_module("keras.src")
        if name not in dir(self):  # among what it has not: the paths of hornlet's own files
            raise AttributeError(f"module 'keras' has no attribute {name!r}")
        return getattr(importlib.import_module("hornlet"), name)

    def __dir__(self) -> list[str]:
        hidden = {*OWN, "__version__"}
        return [n for n in importlib.import_module("hornlet").__all__ if n not in hidden]


class _Behind(types.ModuleType):
    """`keras.src` or a module in it: what BEHIND lists, then the names of the public module."""

    def __getattr__(self, name: str) -> Any:
        place = self.__name__.removeprefix("keras.src").removeprefix(".")
        known = BEHIND.get(place, {}).get(name)
        if known is not None:
            module, _, attribute = f"hornlet.{known}".rpartition(".")
            return getattr(importlib.import_module(module), attribute)
        if _is_listed(f"{place}.{name}".removeprefix(".")):
            return importlib.import_module(f"{self.__name__}.{name}")
        if name == "ALL_OBJECTS_DICT" and f"keras.{place}" in registry.all_modules():
            return registry.spellings(f"keras.{place}")
        if name == "__all__" or name[:2] != "__":
            for room in _rooms(place):
                found = getattr(importlib.import_module(room), name, self)
                if found is not self:
                    return found
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


def _rooms(place: str) -> Iterator[str]:
    """The modules whose names one behind them has: its own, those it is in, Keras's own last."""
    while place:
        for room in (place, *ALSO.get(place, ())):
            if _exists(f"hornlet.{room}"):
                yield f"hornlet.{room}"
        place = place.rpartition(".")[0]
    yield "keras"


def _is_listed(place: str) -> bool:
    return any(f"{listed}.".startswith(f"{place}.") for listed in BEHIND)


def _is_public(place: str) -> bool:
    own = any(part in OWN or part.startswith("_") for part in place.split(".") if part)
    return not own and _exists(f"hornlet.{place}" if place else "hornlet")


def _is_file(place: str) -> bool:
    """Whether it is a file of Keras's, called by a class in it (`core.dense`) or in FILES."""
    room, *inside = place.split(".")
    if not inside or not _is_public(room):
        return False
    *folders, last = inside
    known = FILES.get(room, "").split()
    names = getattr(importlib.import_module(f"hornlet.{room}"), "__all__", ())
    called = last in known or last.replace("_", "") in map(str.lower, names)
    return called and all(folder in known for folder in folders)


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # a parent is missing
        return False


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `keras` and its public submodules, and in `keras.src` whatever lies behind them."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        root, _, rest = fullname.partition(".")
        if root != "keras" or not self._has(rest):
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def _has(self, rest: str) -> bool:
        if rest.partition(".")[0] != "src":
            return _is_public(rest)
        place = rest.removeprefix("src").removeprefix(".")
        return _is_listed(place) or _is_public(place) or _is_file(place)

    def create_module(self, spec: Any) -> types.ModuleType:
        if spec.name == "keras":
            module = _Keras(spec.name, "hornlet, in the place of Keras.")
            module.__dict__.update({"__version__": KERAS_VERSION, "__all__": dir(module)})
            return module
        if spec.name.startswith("keras.src"):
            return _Behind(spec.name)
        found = importlib.import_module("hornlet" + spec.name.removeprefix("keras"))
        # The import system writes its own spec into what a loader gives it; hornlet's comes back.
        spec.loader_state = found.__spec__
        return found

    def exec_module(self, module: types.ModuleType) -> None:
        state = getattr(module.__spec__, "loader_state", None)
        if state is not None:
            module.__spec__ = state
