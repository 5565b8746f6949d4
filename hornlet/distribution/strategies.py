"""Who computes what: copies of the model on parts of the batch, or parts of the model."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hornlet.distribution.devices import list_devices
from hornlet.distribution.layout import DeviceMesh, LayoutMap, TensorLayout, need_one_device


class _State(threading.local):
    distribution: Distribution | None = None


_state = _State()


class Distribution:
    """What the ways of distributing share: a mesh, and the layouts of data and variables."""

    def __init__(
        self,
        device_mesh: DeviceMesh,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
    ):
        self._device_mesh = device_mesh
        self._batch_dim_name = batch_dim_name
        self.auto_shard_dataset = auto_shard_dataset

    @property
    def num_processes(self) -> int:
        """How many processes compute: one."""
        return 1

    @property
    def num_model_replicas(self) -> int:
        """How many copies of the model there are."""
        if self.batch_dim_name is None:
            return 1
        return self.device_mesh.shape[list(self.device_mesh.axis_names).index(self.batch_dim_name)]

    @property
    def data_shard_id(self) -> int:
        """Which part of the data this process reads: the first and only one."""
        return 0

    @property
    def device_mesh(self) -> DeviceMesh:
        """The mesh."""
        return self._device_mesh

    @property
    def batch_dim_name(self) -> str | None:
        """The mesh's axis along which batches are cut; None leaves them whole."""
        return self._batch_dim_name

    def get_data_layout(self, data_shape: Any) -> TensorLayout:
        """The layout of data: cut along the batch."""
        axes = [self.batch_dim_name, *[None] * (len(data_shape) - 1)]
        return TensorLayout(axes, self.device_mesh)

    def get_variable_layout(self, variable: Any) -> TensorLayout:
        """The layout of a variable: whole on every device, unless it says otherwise."""
        return getattr(variable, "_layout", None) or TensorLayout(
            [None] * len(variable.shape), self.device_mesh
        )

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """The layout of the tensor of that path; None leaves it as it is."""
        return None

    def distribute_dataset(self, dataset: Any) -> Any:
        """The part of a data set that this process reads: all of it."""
        return dataset

    def distribute_tf_dataset(self, dataset: Any) -> Any:
        """The part of a `tf.data.Dataset` that this process reads: all of it."""
        return dataset

    @contextmanager
    def scope(self) -> Iterator[None]:
        """A block in which this is the distribution."""
        outer = distribution()
        set_distribution(self)
        try:
            yield
        finally:
            set_distribution(outer)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} device_mesh={self.device_mesh}>"


class DataParallel(Distribution):
    """A copy of the model on every device, and a part of each batch for it.

    Args:
        device_mesh: the mesh; its first axis is that of the batch.
        devices: names of devices, instead of a mesh.
        auto_shard_dataset: whether processes share a data set among them.

    Raises:
        ValueError: `device_mesh` is no mesh.

    >>> data_parallel = keras.distribution.DataParallel()
    >>> data_parallel.get_data_layout((32, 10)).axes
    ('batch', None)
    """

    def __init__(
        self, device_mesh: Any = None, devices: Any = None, auto_shard_dataset: bool = True
    ):
        if device_mesh is None:
            devices = list_devices() if devices is None else devices
            device_mesh = DeviceMesh((len(devices),), ["batch"], devices)
        elif not isinstance(device_mesh, DeviceMesh):
            raise ValueError(
                "Argument `device_mesh` must be a `keras.distribution.DeviceMesh`. Received: "
                f"device_mesh={device_mesh!r} (of type {type(device_mesh).__name__})"
            )
        if device_mesh.devices.ndim != 1:
            warnings.warn(
                "Argument `device_mesh` has several axes, and batches are cut along its first. "
                f"Received: axis_names={device_mesh.axis_names}. Use `ModelParallel` for layouts "
                "along the others.",
                stacklevel=2,
            )
        super().__init__(device_mesh, device_mesh.axis_names[0], auto_shard_dataset)

    @property
    def num_model_replicas(self) -> int:
        """How many copies of the model there are: one on each device."""
        return self.device_mesh.devices.size


class ModelParallel(Distribution):
    """Variables cut among devices as a map of layouts says.

    Args:
        layout_map: the layouts by the variables' paths.
        batch_dim_name: the mesh's axis along which batches are cut, by default its first.
        auto_shard_dataset: whether processes share a data set among them.

    Raises:
        ValueError: `layout_map` is no `LayoutMap`.

    >>> layouts = keras.distribution.LayoutMap(keras.distribution.DeviceMesh((1,), ("model",)))
    >>> layouts[".*kernel"] = (None, "model")
    >>> model_parallel = keras.distribution.ModelParallel(layout_map=layouts)
    >>> with model_parallel.scope():
    ...     kernel = keras.Variable(np.ones((2, 3)), name="kernel")
    >>> model_parallel.get_variable_layout(kernel).axes
    (None, 'model')
    """

    def __init__(
        self,
        *,
        layout_map: Any = None,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
        **kwargs: Any,
    ):
        kwargs.pop("device_mesh", None)  # an older argument: the map has the mesh
        if kwargs:
            raise TypeError(f"ModelParallel received unknown arguments: {sorted(kwargs)}")
        if not isinstance(layout_map, LayoutMap) or layout_map.device_mesh is None:
            raise ValueError(
                "Argument `layout_map` must be a `keras.distribution.LayoutMap` with a mesh. "
                f"Received: layout_map={layout_map!r}"
            )
        mesh = layout_map.device_mesh
        super().__init__(mesh, batch_dim_name or mesh.axis_names[0], auto_shard_dataset)
        self._layout_map = layout_map

    def get_variable_layout(self, variable: Any) -> TensorLayout:
        """The layout of a variable: its own, that of its path in the map, or whole everywhere."""
        own = getattr(variable, "_layout", None)
        return own or self._layout_map[variable.path] or super().get_variable_layout(variable)

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """The layout of the tensor of that path in the map."""
        return self._layout_map[path]


def distribution() -> Distribution | None:
    """The distribution that is set, None if there is none.

    >>> keras.distribution.distribution() is None
    True
    """
    return _state.distribution


def set_distribution(value: Distribution | None) -> None:
    """Set the distribution for this thread; None takes it away.

    Args:
        value: a distribution on one device.

    Raises:
        NotImplementedError: its mesh has several devices.

    >>> keras.distribution.set_distribution(keras.distribution.DataParallel())
    >>> keras.distribution.distribution().num_model_replicas
    1
    >>> keras.distribution.set_distribution(None)
    """
    if value is not None:
        need_one_device(value.device_mesh)
    _state.distribution = value
