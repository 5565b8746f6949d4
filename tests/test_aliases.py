"""hornlet in Keras's place: what is found, what is not, and that nothing is left behind."""

import importlib
import subprocess
import sys
import textwrap

import pytest

import hornlet
from hornlet.aliases import OWN

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
