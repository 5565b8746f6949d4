"""Devices and processes: there is one of each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

DEVICES = ("cpu:0",)
_ENVIRONMENT = "KERAS_DISTRIBUTION_"


def list_devices(device_type: str | None = None) -> list[str]:
    """Name the devices that compute.

    Args:
        device_type: the kind of device to list, "cpu", "gpu" or "tpu"; all by default.

    >>> keras.distribution.list_devices()
    ['cpu:0']
    >>> keras.distribution.list_devices("gpu")
    []
    """
    kind = "cpu" if device_type is None else device_type.lower()
    return [device for device in DEVICES if device.startswith(f"{kind}:")]


def get_device_count(device_type: str | None = None) -> int:
    """Count the devices that compute.

    Args:
        device_type: the kind of device to count; all by default.

    >>> keras.distribution.get_device_count()
    1
    """
    return len(list_devices(device_type))


def initialize(
    job_addresses: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> None:
    """Set up the processes that compute together: the one that calls this.

    What is not given is read from the environment variables `KERAS_DISTRIBUTION_JOB_ADDRESSES`,
    `KERAS_DISTRIBUTION_NUM_PROCESSES` and `KERAS_DISTRIBUTION_PROCESS_ID`.

    Args:
        job_addresses: addresses of the processes, separated by commas; at most one.
        num_processes: how many processes there are; at most one.
        process_id: the number of this process; 0.

    Raises:
        NotImplementedError: more than one process.

    >>> keras.distribution.initialize(num_processes=1, process_id=0)
    """
    if job_addresses is None:
        job_addresses = os.environ.get(f"{_ENVIRONMENT}JOB_ADDRESSES")
    if num_processes is None:
        num_processes = int(os.environ.get(f"{_ENVIRONMENT}NUM_PROCESSES", "1"))
    if process_id is None:
        process_id = int(os.environ.get(f"{_ENVIRONMENT}PROCESS_ID", "0"))
    count = len(job_addresses.split(",")) if job_addresses else 1
    if count > 1 or num_processes > 1 or process_id > 0:
        raise NotImplementedError(
            "Several processes cannot compute one model here; start one process, without these "
            f"arguments. Received: job_addresses={job_addresses!r}, "
            f"num_processes={num_processes}, process_id={process_id}"
        )


def device(device_name: str) -> AbstractContextManager[None]:
    """A block whose operations run on a device: on the processor, which there is only one of.

    Args:
        device_name: kind and number, as in "cpu:0".

    Raises:
        ValueError: a name of another form, or a device that is not there.

    >>> with keras.device("cpu:0"):
    ...     keras.ops.ones((2,))
    array([1., 1.], dtype=float32)
    """
    if not isinstance(device_name, str) or not re.fullmatch(r"[a-zA-Z]+(:\d+)?", device_name):
        raise ValueError(
            "Argument `device_name` must be a kind of device and its number, as in 'cpu:0'. "
            f"Received: device_name={device_name!r}"
        )
    name = device_name.lower()
    if (name if ":" in name else f"{name}:0") not in DEVICES:
        raise ValueError(
            f"Argument `device_name` must name a device that is there: {', '.join(DEVICES)}. "
            f"Received: device_name={device_name!r}"
        )
    return _here()


@contextmanager
def _here() -> Iterator[None]:
    yield
