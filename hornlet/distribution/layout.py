"""How arrays would be cut among devices: a mesh of devices with named axes, and layouts on it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.distribution.devices import list_devices
from hornlet.tensor.keras_tensor import KerasTensor


class DeviceMesh:
    """Devices in a grid whose axes have names.

    Args:
        shape: the grid's shape.
        axis_names: a name for each axis.
        devices: as many names of devices; by default those there are.

    Raises:
        ValueError: no axes, or another number of names or devices.

    >>> keras.distribution.DeviceMesh((1, 1), ("batch", "model")).devices
    array([['cpu:0']], dtype='<U5')
    """

    def __init__(self, shape: Any, axis_names: Any, devices: Any = None):
        if not shape or not axis_names or len(shape) != len(axis_names):
            raise ValueError(
                "Arguments `shape` and `axis_names` must have the same number of entries, one at "
                f"least. Received: shape={shape}, axis_names={axis_names}"
            )
        devices = np.array(list_devices() if devices is None else devices)
        if math.prod(shape) != devices.size:
            raise ValueError(
                f"A mesh of shape {tuple(shape)} needs {math.prod(shape)} devices. Received: "
                f"{devices.size} devices"
            )
        self._shape = shape
        self._axis_names = axis_names
        self._devices = devices.reshape(shape)

    @property
    def shape(self) -> Any:
        """The grid's shape."""
        return self._shape

    @property
    def axis_names(self) -> Any:
        """The names of its axes."""
        return self._axis_names

    @property
    def devices(self) -> np.ndarray:
        """The names of the devices, in the grid's shape."""
        return self._devices

    @property
    def backend_mesh(self) -> DeviceMesh:
        """The mesh itself: there is no other form of it here."""
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} shape={self.shape}, axis_names={self.axis_names}>"


class TensorLayout:
    """Along which axes of a mesh the axes of an array are cut.

    Args:
        axes: for each axis of the array the name of the mesh's axis, or None to keep it whole.
        device_mesh: the mesh; may be set once later.

    Raises:
        ValueError: a name that the mesh does not have.

    >>> mesh = keras.distribution.DeviceMesh((1,), ("batch",))
    >>> keras.distribution.TensorLayout(("batch", None), mesh).axes
    ('batch', None)
    """

    def __init__(self, axes: Any, device_mesh: DeviceMesh | None = None):
        self._axes = tuple(axes)
        self._device_mesh = device_mesh
        self._check()

    @property
    def axes(self) -> tuple:
        """The mesh's axes, one for each axis of the array."""
        return self._axes

    @property
    def device_mesh(self) -> DeviceMesh | None:
        """The mesh."""
        return self._device_mesh

    @device_mesh.setter
    def device_mesh(self, device_mesh: DeviceMesh) -> None:
        if self._device_mesh is not None:
            raise ValueError(
                f"The mesh of a layout is set once. It is {self._device_mesh}; received: "
                f"{device_mesh}"
            )
        self._device_mesh = device_mesh
        self._check()

    @property
    def backend_layout(self) -> TensorLayout:
        """The layout itself: there is no other form of it here."""
        if self._device_mesh is None:
            raise ValueError("The layout has no mesh yet; set its `device_mesh` first.")
        return self

    def _check(self) -> None:
        if self._device_mesh is None:
            return
        unknown = set(self._axes) - {None, *self._device_mesh.axis_names}
        if unknown:
            raise ValueError(
                f"Argument `axes` must name axes of the mesh, {self._device_mesh.axis_names}. "
                f"Received: {sorted(unknown)}"
            )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} axes={self.axes}, device_mesh={self.device_mesh}>"


class LayoutMap(MutableMapping):
    """Layouts by the paths of variables: a path, or a regular expression for whole paths.

    Args:
        device_mesh: the mesh of the layouts that are given as tuples.

    Raises:
        ValueError: a key that is there already, a value that is neither a layout nor a tuple, a
            path that several keys match.

    >>> layouts = keras.distribution.LayoutMap(keras.distribution.DeviceMesh((1,), ("model",)))
    >>> layouts["dense.*kernel"] = (None, "model")
    >>> layouts["dense_1/kernel"].axes
    (None, 'model')
    >>> layouts["conv/kernel"] is None
    True
    """

    def __init__(self, device_mesh: DeviceMesh | None):
        self._layouts: dict[str, TensorLayout] = {}
        self._device_mesh = device_mesh

    def __getitem__(self, key: str) -> TensorLayout | None:
        if key in self._layouts:
            return self._layouts[key]
        found = [pattern for pattern in self._layouts if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise ValueError(
                f"The path {key!r} must match one key of the layout map at most. It matches {found}"
            )
        return self._layouts[found[0]] if found else None

    def __setitem__(self, key: str, layout: Any) -> None:
        if key in self._layouts:
            raise ValueError(
                f"The key {key!r} is in the layout map already, with {self._layouts[key]}."
            )
        layout = TensorLayout(layout) if isinstance(layout, tuple) else layout
        if not isinstance(layout, TensorLayout):
            raise ValueError(
                "A layout must be a `TensorLayout` or a tuple of names. Received: "
                f"{layout!r} for the key {key!r}"
            )
        if layout.device_mesh is None and self._device_mesh is not None:
            layout.device_mesh = self._device_mesh
        self._layouts[key] = layout

    def __delitem__(self, key: str) -> None:
        del self._layouts[key]

    def __len__(self) -> int:
        return len(self._layouts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layouts)

    @property
    def device_mesh(self) -> DeviceMesh | None:
        """The mesh."""
        return self._device_mesh


def distribute_tensor(tensor: Any, layout: TensorLayout) -> Any:
    """An array cut among the devices of a layout: the whole array, on the one there is.

    Args:
        tensor: an array; a symbol is returned as it is.
        layout: a layout that has a mesh.

    Raises:
        ValueError: the layout has no mesh, or more axes than the array.
        NotImplementedError: its mesh has several devices.

    >>> mesh = keras.distribution.DeviceMesh((1,), ("batch",))
    >>> layout = keras.distribution.TensorLayout(("batch", None), mesh)
    >>> keras.distribution.distribute_tensor(np.ones((2, 2)), layout).shape
    (2, 2)
    """
    if isinstance(tensor, KerasTensor):
        return tensor
    x = ops.convert_to_tensor(tensor)
    if len(layout.axes) > len(x.shape):
        raise ValueError(
            f"Argument `layout` must have at most one entry for each axis of the tensor. Received: "
            f"{layout} for a tensor of shape {tuple(x.shape)}"
        )
    mesh = layout.backend_layout.device_mesh
    assert mesh is not None
    need_one_device(mesh)
    return x


def need_one_device(mesh: DeviceMesh) -> None:
    """Raise NotImplementedError where a mesh has more devices than one."""
    if mesh.devices.size > 1:
        raise NotImplementedError(
            "One process computes on one device here; arrays cannot be cut among several. Use a "
            f"mesh of one device, 'cpu:0'. Received: {mesh} of {mesh.devices.ravel().tolist()}"
        )
