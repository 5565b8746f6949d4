"""hornlet in Keras's place: what is found, what is not, and that nothing is left behind."""

import importlib
import subprocess
import sys
import textwrap

import pytest

import hornlet
from hornlet.aliases import OWN
from hornlet.layers.einsum_dense import scale_axes

PUBLIC = [name for name in hornlet._ROOMS + hornlet._OTHERS if name not in OWN]


def run(code):
    """What a fresh process prints: this one has imported the real Keras."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_public_modules_are_hornlets_own():
    found = run(f"""
        import importlib, hornlet
        hornlet.as_keras()
        import keras
        for name in {PUBLIC}:
            alias = importlib.import_module("keras." + name)
            own = importlib.import_module("hornlet." + name)
            assert alias is own and getattr(keras, name) is own, name
            assert own.__name__ == own.__spec__.name == "hornlet." + name, name
        import keras.optimizers.schedules, keras.src.ops
        from keras.layers import Dense
        from keras import *
        assert Dense is hornlet.layers.Dense and Sequential is hornlet.Sequential
        print(keras.__version__, keras.version(), keras.backend.backend())
    """)
    assert found == [hornlet.version()] * 2 + ["numpy"]


@pytest.mark.parametrize("name", ["engine", "mini", "base.registry", "src.engine", "no_such"])
def test_what_keras_has_not_is_not_found(name):
    assert run(f"""
        import importlib, hornlet
        hornlet.as_keras()
        try:
            importlib.import_module("keras.{name}")
        except ModuleNotFoundError:
            import keras
            print(hasattr(keras, "{name}"))
    """) == ["False"]


def test_names_behind_the_public_ones_are_found():
    """Packages reach behind Keras's public names; every place of the table leads somewhere."""
    assert run("""
        import importlib, hornlet
        from hornlet.aliases import BEHIND
        hornlet.as_keras()
        for module, names in BEHIND.items():
            behind = importlib.import_module("keras.src." + module)
            assert all(getattr(behind, name) is not None for name in names)
        from keras.src.ops import *
        from keras.src.backend import standardize_dtype
        assert relu is hornlet.ops.relu
        try:
            from keras.src.trainers.data_adapters import no_such_module
        except ImportError:
            print("refused")
    """) == ["refused"]


def test_any_file_behind_a_public_module_has_its_names():
    """Editors write such imports, with the path of the file that Keras has the name in."""
    assert run("""
        import hornlet
        hornlet.as_keras()
        from keras.src.callbacks.early_stopping import EarlyStopping
        from keras.src.layers.core.dense import Dense
        from keras.src.layers.core.embedding import Embedding
        from keras.src.layers.input_spec import InputSpec
        from keras.src.layers.normalization.batch_normalization import BatchNormalization
        from keras.src.models.functional import Functional
        from keras.src.models.sequential import Sequential
        from keras.src.ops.operation import Operation
        from keras.src.utils.sequence_utils import pad_sequences
        from keras.src.backend.config import epsilon
        assert Dense is hornlet.layers.Dense and Functional is hornlet.Functional
        assert Operation is hornlet.Operation and epsilon is hornlet.backend.epsilon
        for module in ("core.dense", "core", "no_such"):
            try:
                exec(f"from keras.src.layers.{module} import no_such_layer")
            except ImportError:
                print("refused")
    """) == ["refused"] * 3


def test_names_entered_in_a_table_behind_are_found():
    assert run("""
        import hornlet
        hornlet.as_keras()
        import keras
        from keras.src.activations import ALL_OBJECTS_DICT
        assert ALL_OBJECTS_DICT["relu"] is keras.activations.relu
        ALL_OBJECTS_DICT["triple"] = lambda x: 3 * x
        layer = keras.layers.Activation("triple")
        print(float(layer(keras.ops.ones(()))), hasattr(keras.src.ops, "ALL_OBJECTS_DICT"))
    """) == ["3.0", "False"]


def test_output_specs_behind():
    """Of arrays only shape and dtype count: a set of data costs nothing, a model is built by it."""
    assert run("""
        import hornlet
        hornlet.as_keras()
        import keras, numpy as np
        backend = keras.src.backend
        model = keras.Sequential([keras.layers.Dense(3)])
        wide = np.broadcast_to(np.float32(1), (10**12, 2))
        y = backend.compute_output_spec(model, wide)
        total = backend.compute_output_spec(lambda x, axis: x.sum(axis), wide, axis=0)
        assert backend.any_symbolic_tensors((y,)) and not backend.any_symbolic_tensors((wide,))
        print(len(y.shape), total.shape[0], len(model.weights))
    """) == ["2", "2", "2"]


def test_the_backend_behind_has_the_operations():
    """Packages that compute in `tf.data` too take them from there, by the backend's rooms."""
    assert run("""
        import hornlet
        hornlet.as_keras()
        from keras.src import backend
        assert backend.numpy.argsort is hornlet.ops.argsort
        assert backend.core.switch is hornlet.ops.switch and backend.shape is hornlet.ops.shape
        assert backend.nn.relu is hornlet.ops.relu and backend.random is hornlet.random
        hornlet.random.SeedGenerator(1, backend=backend)
        print(hasattr(backend, "no_such"))
    """) == ["False"]


def test_modules_behind_are_attributes_of_those_above():
    """Packages also write `keras.src.utils.tracking` and import only `keras`."""
    assert run("""
        import hornlet
        hornlet.as_keras()
        import keras
        assert callable(keras.src.utils.tracking.no_automatic_dependency_tracking)
        assert keras.src.layers.Dense is keras.layers.Dense
        assert keras.src.version() == keras.version()
        print(hasattr(keras.src.utils, "no_such"), hasattr(keras.src, "engine"))
    """) == ["False", "False"]


def test_families_of_layers_are_recognised():
    """Packages ask which layers are convolutions, mergings or poolings over all of a picture."""
    assert run("""
        import hornlet
        hornlet.as_keras()
        from keras import layers
        from keras.src.layers.convolutional.base_conv import BaseConv
        from keras.src.layers.convolutional.base_conv_transpose import BaseConvTranspose
        from keras.src.layers.convolutional.base_separable_conv import BaseSeparableConv
        from keras.src.layers.convolutional.conv2d_transpose import Conv2DTranspose
        from keras.src.layers.merging.base_merge import Merge
        from keras.src.layers.pooling.base_global_pooling import BaseGlobalPooling
        families = BaseConv, BaseConvTranspose, BaseSeparableConv, Merge, BaseGlobalPooling
        members = (
            layers.Conv1D(1, 1), Conv2DTranspose(1, 1), layers.SeparableConv2D(1, 1),
            layers.Multiply(), layers.GlobalMaxPooling3D(), layers.Dense(1),
        )
        for member in members:
            print(sum(isinstance(member, family) for family in families))
    """) == ["1", "1", "1", "1", "1", "0"]


def test_bases_of_convolutions_take_their_rank():
    """Packages derive from them with a number of axes; the classes of one rank give none."""
    assert run("""
        import hornlet
        hornlet.as_keras()
        import keras, numpy as np
        from keras.src.layers.convolutional.base_conv import BaseConv
        from keras.src.ops.operation_utils import compute_conv_output_shape

        class Halved(BaseConv):
            def __init__(self, rank, filters, kernel_size, **kwargs):
                super().__init__(rank=rank, filters=filters, kernel_size=kernel_size, **kwargs)

            def get_config(self):
                return super().get_config()

            def convolution_op(self, inputs, kernel):
                return super().convolution_op(inputs, kernel / 2)

        for rank in (1, 2, 3):
            x = np.ones((2, *(5,) * rank, 3), "float32")
            padding = "causal" if rank == 1 else "same"
            layer = Halved(rank, 4, 3, strides=2, padding=padding, kernel_initializer="ones")
            other = getattr(keras.layers, f"Conv{rank}D")(**layer.get_config())
            assert layer.kernel_size == (3,) * rank and "rank" not in layer.get_config()
            assert np.allclose(2 * layer(x), other(x))
            shape = compute_conv_output_shape(x.shape, 4, (3,) * rank, 2, padding)
            assert shape == layer(x).shape
        for wrong in (lambda: BaseConv(4, 3), lambda: keras.layers.Conv2D(4, 3, rank=2)):
            try:
                wrong()
            except TypeError as error:
                print("rank" in str(error))
    """) == ["True", "True"]


def test_a_joining_layer_may_be_given_another_function():
    assert run("""
        import hornlet
        hornlet.as_keras()
        import keras
        from keras.src.layers.merging.base_merge import Merge

        class Largest(Merge):
            def _merge_function(self, inputs):
                return keras.ops.max(keras.ops.stack(inputs), axis=0)

        ones = keras.ops.ones((2, 3))
        print(float(Largest()([ones, 3 * ones, 2 * ones])[0, 0]))
    """) == ["3.0"]


@pytest.mark.parametrize(
    "equation, shape",
    [
        ("abc,cde->abde", (2, 3, 4)),
        ("abde,dec->abc", (2, 3, 4, 5)),
        ("abc,bcd->bda", (2, 3, 4)),
        ("...ab,bc->...ac", (2, 3, 4, 5)),
        ("ab...,bcd->acd...", (2, 3, 4)),
    ],
)
def test_equations_behind_are_analyzed(equation, shape):
    """Packages that quantize ask how the scales of an einsum go with its output."""
    theirs = importlib.import_module("keras.src.layers.core.einsum_dense")
    expected = list(theirs._analyze_quantization_info(equation, shape))
    found = list(scale_axes(equation, shape))
    # The letters that stand for an ellipsis are free.
    for each in expected, found:
        letters = dict.fromkeys(filter(str.isalpha, each[8]))
        each[8] = [list(letters).index(c) if c.isalpha() else c for c in each[8]]
    assert found == expected


def test_shapes_that_are_inferred_are_recognised():
    """Packages ask, to leave values alone that only stand for others."""
    assert run("""
        import hornlet
        hornlet.as_keras()
        import keras
        from keras.src.backend.common.symbolic_scope import in_symbolic_scope
        seen = []
        class Asking(keras.layers.Layer):
            def call(self, x):
                seen.append(in_symbolic_scope())
                return x
        layer = Asking()
        layer(keras.Input((2,)))
        layer(keras.ops.ones((3, 2)))
        print(any(seen[:-1]), seen[-1])
    """) == ["True", "False"]


def test_a_pipeline_of_grain_is_recognised():
    """Packages ask whether they run in one; a module of that name is all it takes."""
    assert run("""
        import sys, types, hornlet
        hornlet.as_keras()
        from keras.src.utils.backend_utils import in_grain_data_pipeline
        sys.modules["grain"] = types.ModuleType("grain")
        inside = types.ModuleType("grain.pipeline")
        exec("def call(f): return f()", inside.__dict__)
        print(in_grain_data_pipeline(), inside.call(in_grain_data_pipeline))
    """) == ["False", "True"]


def test_a_vocabulary_is_read_from_the_archive_and_from_no_config(tmp_path):
    """Tokenizers of packages ask for the mode of a load before they open a file."""
    assert run(f"""
        import hornlet
        hornlet.as_keras()
        import keras
        from keras.src.saving import serialization_lib
        @keras.saving.register_keras_serializable("mine")
        class Tokenizer(keras.layers.Layer):
            def __init__(self, words=None, **kwargs):
                super().__init__(**kwargs)
                self.set_words(words)
            def set_words(self, words):
                if isinstance(words, str):
                    if serialization_lib.in_safe_mode():
                        raise ValueError("files are refused")
                    words = open(words).read().split()
                self.words = words
            def get_config(self):
                return {{**super().get_config(), "words": self.named}}
            named = None
            def save_assets(self, folder):
                open(folder + "/words.txt", "w").write(" ".join(self.words))
            def load_assets(self, folder):
                self.set_words(folder + "/words.txt")
            def call(self, x):
                return x
        path = {str(tmp_path / "m.keras")!r}
        keras.Sequential([keras.Input((2,)), Tokenizer(["a", "b"])]).save(path)
        print(*keras.models.load_model(path).layers[0].words)
        Tokenizer.named = {str(tmp_path / "words.txt")!r}
        open(Tokenizer.named, "w").write("c d")
        keras.Sequential([keras.Input((2,)), Tokenizer(["a", "b"])]).save(path)
        try:
            keras.models.load_model(path)
        except ValueError as error:
            print("refused" if "files are refused" in str(error) else error)
    """) == ["a", "b", "refused"]


def test_undone_it_leaves_nothing():
    assert run("""
        import sys, hornlet
        before = list(sys.meta_path)
        with hornlet.as_keras() as keras:
            import keras.layers
            dense = keras.layers.Dense(2)
        stay = hornlet.as_keras()
        stay.undo()
        stay.undo()
        assert sys.meta_path == before
        print([n for n in sys.modules if n.partition(".")[0] == "keras"] == [], dense.units)
    """) == ["True", "2"]


def test_after_the_real_keras_it_is_an_error():
    importlib.import_module("keras")
    with pytest.raises(ImportError, match="before `keras` is imported.*python -m hornlet run"):
        hornlet.as_keras()


def test_twice_is_an_error():
    assert run("""
        import hornlet
        stay = hornlet.as_keras()
        try:
            hornlet.as_keras()
        except ImportError as error:
            print("undo" in str(error))
    """) == ["True"]
