"""Meshes, layouts and strategies say what Keras's say; more than one device is refused by name."""

import keras
import numpy as np
import pytest

import hornlet
from hornlet import distribution
from hornlet.distribution.strategies import Distribution

BOTH = pytest.mark.parametrize("package", [keras, hornlet], ids=["keras", "hornlet"])


def mesh(package, shape=(1, 1), names=("batch", "model"), devices=("cpu:0",)):
    return package.distribution.DeviceMesh(shape, names, devices)


@BOTH
def test_meshes(package):
    two = mesh(package, (1, 2), devices=("cpu:0", "cpu:1"))
    assert two.shape == (1, 2) and two.axis_names == ("batch", "model")
    assert two.devices.tolist() == [["cpu:0", "cpu:1"]]
    assert repr(two) == "<DeviceMesh shape=(1, 2), axis_names=('batch', 'model')>"
    for arguments in (((), ()), ((1, 1), ("batch",)), ((2,), ("batch",), ["cpu:0"])):
        with pytest.raises(ValueError):
            package.distribution.DeviceMesh(*arguments)


@BOTH
def test_layouts(package):
    layout = package.distribution.TensorLayout(["batch", None])
    assert layout.axes == ("batch", None) and layout.device_mesh is None
    layout.device_mesh = mesh(package)
    with pytest.raises(ValueError):
        layout.device_mesh = mesh(package)
    with pytest.raises(ValueError):
        package.distribution.TensorLayout(["rows"], mesh(package))


@BOTH
def test_layout_maps(package):
    layouts = package.distribution.LayoutMap(mesh(package))
    layouts["dense/kernel"] = (None, "model")
    layouts["conv.*kernel"] = package.distribution.TensorLayout((None, None, None, "model"))
    assert layouts["dense/kernel"].axes == (None, "model")
    assert layouts["conv_1/kernel"].axes[-1] == "model"
    assert layouts["conv_1/kernel"].device_mesh is layouts.device_mesh
    assert layouts["deep/dense/kernel"] is None and layouts["dense/bias"] is None
    assert len(layouts) == 2 and list(layouts) == ["dense/kernel", "conv.*kernel"]
    with pytest.raises(ValueError):
        layouts["dense/kernel"] = (None, None)
    with pytest.raises(ValueError):
        layouts["other"] = 3
    layouts[".*kernel"] = (None,)
    with pytest.raises(ValueError, match="conv_1/kernel"):
        layouts["conv_1/kernel"]
    del layouts[".*kernel"]
    assert layouts["conv_1/kernel"] is not None


@BOTH
def test_strategies(package):
    parallel = package.distribution.DataParallel(devices=["cpu:0"])
    assert parallel.get_data_layout((8, 3, 3)).axes == ("batch", None, None)
    assert parallel.num_model_replicas == 1 and parallel.batch_dim_name == "batch"
    variable = package.Variable(np.ones((2, 3)), name="kernel")
    assert parallel.get_variable_layout(variable).axes == (None, None)
    assert parallel.get_tensor_layout("kernel") is None
    assert parallel.distribute_dataset("data") == "data"

    layouts = package.distribution.LayoutMap(mesh(package))
    layouts["kernel"] = ("batch", "model")
    parallel = package.distribution.ModelParallel(layout_map=layouts, batch_dim_name="model")
    assert parallel.get_variable_layout(variable).axes == ("batch", "model")
    other = package.Variable(np.ones(3), name="bias")
    assert parallel.get_variable_layout(other).axes == (None,)
    assert parallel.get_tensor_layout("kernel").axes == ("batch", "model")
    assert parallel.get_data_layout((8, 3)).axes == ("model", None)
    assert parallel.num_model_replicas == 1
    for arguments in ({}, {"layout_map": 3}):
        with pytest.raises(ValueError):
            package.distribution.ModelParallel(**arguments)
    with pytest.raises(ValueError):
        package.distribution.DataParallel(device_mesh=3)


def test_a_model_trains_in_a_scope():
    parallel = distribution.DataParallel()
    with parallel.scope():
        assert distribution.distribution() is parallel
        model = hornlet.Sequential([hornlet.layers.Dense(1)])
        model.compile("sgd", "mse")
        history = model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0, epochs=2)
    assert distribution.distribution() is None
    assert history.history["loss"][1] < history.history["loss"][0]


@pytest.mark.filterwarnings("ignore:.*device_mesh. has several axes")
def test_several_devices_are_refused():
    two = mesh(hornlet, (2, 1), devices=("cpu:0", "cpu:1"))
    with pytest.raises(NotImplementedError, match="cpu:1"):
        distribution.set_distribution(distribution.DataParallel(device_mesh=two))
    assert distribution.distribution() is None
    layout = distribution.TensorLayout(("batch",), two)
    with pytest.raises(NotImplementedError, match="cpu:1"):
        distribution.distribute_tensor(np.ones(4), layout)


def test_tensors_are_whole():
    layout = distribution.TensorLayout(("batch", None), mesh(hornlet))
    x = np.ones((2, 3))
    np.testing.assert_array_equal(distribution.distribute_tensor(x, layout), x)
    symbol = hornlet.KerasTensor((2, 3))
    assert distribution.distribute_tensor(symbol, layout) is symbol
    with pytest.raises(ValueError, match="mesh"):
        distribution.distribute_tensor(x, distribution.TensorLayout((None, None)))
    with pytest.raises(ValueError, match="axis"):
        distribution.distribute_tensor(np.ones(3), layout)


def test_one_process(monkeypatch):
    distribution.initialize()
    distribution.initialize("localhost:1234", 1, 0)
    with pytest.raises(NotImplementedError, match="num_processes=2"):
        distribution.initialize(num_processes=2)
    monkeypatch.setenv("KERAS_DISTRIBUTION_PROCESS_ID", "1")
    with pytest.raises(NotImplementedError, match="process_id=1"):
        distribution.initialize()


def test_devices():
    assert distribution.list_devices() == distribution.list_devices("CPU") == ["cpu:0"]
    assert distribution.get_device_count("gpu") == 0
    with hornlet.device("cpu"), hornlet.device("CPU:0"):
        pass
    for name in ("gpu:0", "cpu:1", "cpu:x", None):
        with pytest.raises(ValueError, match="device_name"):
            hornlet.device(name)


def test_a_distribution_without_an_axis_of_batches_leaves_them_whole():
    own = Distribution(mesh(hornlet))
    assert own.batch_dim_name is None and own.auto_shard_dataset
    assert own.get_data_layout((4, 3)).axes == (None, None) and own.num_model_replicas == 1
    with own.scope():
        assert distribution.distribution() is own
    assert distribution.distribution() is None
