"""keras.distribution: meshes, layouts and strategies, for the one process and device there is."""

from hornlet.distribution.devices import get_device_count, initialize, list_devices
from hornlet.distribution.layout import DeviceMesh, LayoutMap, TensorLayout, distribute_tensor
from hornlet.distribution.strategies import (
    DataParallel,
    ModelParallel,
    distribution,
    set_distribution,
)

__all__ = [
    "DataParallel",
    "DeviceMesh",
    "LayoutMap",
    "ModelParallel",
    "TensorLayout",
    "distribute_tensor",
    "distribution",
    "get_device_count",
    "initialize",
    "list_devices",
    "set_distribution",
]
