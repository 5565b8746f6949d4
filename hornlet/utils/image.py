"""Pictures as files, as Pillow's images and as arrays."""

from __future__ import annotations

import io
import os
import warnings
from typing import Any

import numpy as np

import hornlet.ops as ops
from hornlet.base.config import floatx, standardize_data_format
from hornlet.base.dtypes import is_int
from hornlet.base.files import atomic_write

COLOR_MODES = ("rgb", "rgba", "grayscale")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def _pillow(name: str) -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(f"`{name}` needs Pillow: `pip install pillow`.") from error
    return Image


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: str | None = None
) -> Any:
    """An array as an image of Pillow.

    Args:
        x: array of three axes, of 1 (gray), 3 (RGB) or 4 (RGBA) channels.
        data_format: "channels_last" or "channels_first", by default that of the settings.
        scale: whether its least value becomes 0 and its largest 255.
        dtype: dtype of the computation, by default `floatx`.

    Raises:
        ValueError: another number of axes or channels. ImportError: Pillow is missing.

    >>> keras.utils.array_to_img(np.eye(3)[:, :, None]).getpixel((1, 1))
    255
    """
    data_format = standardize_data_format(data_format)
    pillow = _pillow("array_to_img")
    x = np.array(x, dtype=dtype or floatx())
    if x.ndim != 3:
        raise ValueError(
            f"Argument `x` must be one picture, an array of three axes. Received: shape {x.shape}"
        )
    if data_format == "channels_first":
        x = x.transpose(1, 2, 0)
    if scale:
        x = x - x.min()
        x = x * 255 / (x.max() or 1)
    channels = x.shape[2]
    if channels not in _MODES:
        raise ValueError(
            f"Argument `x` must have 1, 3 or 4 channels. Received: {channels} in shape {x.shape}"
        )
    if channels == 1:
        return pillow.fromarray(x[:, :, 0].astype("int32" if x.max() > 255 else "uint8"))
    return pillow.fromarray(x.astype("uint8"))


def img_to_array(img: Any, data_format: str | None = None, dtype: str | None = None) -> np.ndarray:
    """An image of Pillow as an array of three axes.

    Args:
        img: the image, or an array of two or three axes.
        data_format: "channels_last" or "channels_first", by default that of the settings.
        dtype: dtype of the array, by default `floatx`.

    >>> keras.utils.img_to_array(np.zeros((2, 3))).shape
    (2, 3, 1)
    """
    data_format = standardize_data_format(data_format)
    x = np.asarray(img, dtype=dtype or floatx())
    if x.ndim not in (2, 3):
        raise ValueError(
            f"Argument `img` must have two axes, or three with channels. Received: shape {x.shape}"
        )
    x = x[:, :, None] if x.ndim == 2 else x
    return x.transpose(2, 0, 1) if data_format == "channels_first" else x


def save_img(
    path: Any,
    x: Any,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Write an array as a picture.

    Args:
        path: a path or an open file.
        x: array of three axes.
        data_format: "channels_last" or "channels_first", by default that of the settings.
        file_format: "png", "jpeg", ...; by default what the path ends in.
        scale: whether its least value becomes 0 and its largest 255.
        kwargs: further arguments of Pillow's `save`.

    >>> import io
    >>> file = io.BytesIO()
    >>> keras.utils.save_img(file, np.zeros((2, 3, 3)), file_format="png")
    >>> keras.utils.load_img(file).size
    (3, 2)
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = os.path.splitext(path)[1][1:]
    file_format = "jpeg" if (file_format or "").lower() == "jpg" else file_format or None
    img = array_to_img(x, standardize_data_format(data_format), scale=scale)
    if img.mode == "RGBA" and (file_format or "").lower() == "jpeg":
        warnings.warn(
            "JPEG files have no transparency: the picture is saved without. Save it as PNG to "
            "keep it.",
            stacklevel=2,
        )
        img = img.convert("RGB")
    if not isinstance(path, (str, os.PathLike)):
        img.save(path, format=file_format, **kwargs)
        return
    content = io.BytesIO()
    img.save(content, format=file_format, **kwargs)
    atomic_write(path, lambda file: file.write(content.getvalue()))


def load_img(
    path: Any,
    color_mode: str = "rgb",
    target_size: Any = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Read a picture as an image of Pillow.

    Args:
        path: a path, or an `io.BytesIO` of the file's content.
        color_mode: "rgb", "rgba" or "grayscale".
        target_size: height and width to bring it to.
        interpolation: "nearest", "bilinear", "bicubic", "hamming", "box" or "lanczos".
        keep_aspect_ratio: whether what would change its proportions is cut off at the sides.

    Raises:
        ValueError: wrong arguments. TypeError: a `path` that is none.

    >>> import io
    >>> file = io.BytesIO()
    >>> keras.utils.save_img(file, np.zeros((2, 3, 3)), file_format="png")
    >>> keras.utils.load_img(file, color_mode="grayscale", target_size=(8, 4)).size
    (4, 8)
    """
    pillow = _pillow("load_img")
    if color_mode not in COLOR_MODES:
        raise ValueError(
            f"Argument `color_mode` must be one of {COLOR_MODES}. Received: {color_mode!r}"
        )
    if isinstance(path, io.BytesIO):
        img = pillow.open(path)
    elif isinstance(path, (str, bytes, os.PathLike)):
        with open(path, "rb") as file:
            img = pillow.open(io.BytesIO(file.read()))
    else:
        raise TypeError(
            "Argument `path` must be a path or an `io.BytesIO`. "
            f"Received: {path!r} of type {type(path).__name__}"
        )
    if color_mode == "grayscale":
        img = img if img.mode in ("L", "I;16", "I") else img.convert("L")
    else:
        img = img.convert(color_mode.upper())
    if target_size is None or img.size == (target_size[1], target_size[0]):
        return img
    methods = {name: getattr(pillow.Resampling, name.upper()) for name in _METHODS}
    if interpolation not in methods:
        raise ValueError(
            f"Argument `interpolation` must be one of {_METHODS}. Received: {interpolation!r}"
        )
    height, width = target_size
    box = _middle(img.size, width, height) if keep_aspect_ratio else None
    return img.resize((width, height), methods[interpolation], box=box)


_METHODS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def _middle(size: tuple[int, int], width: int, height: int) -> tuple[int, int, int, int]:
    """The largest box in the middle of a picture that has the proportions asked for."""
    inner_height = min(size[1], size[0] * height // width)
    inner_width = min(size[0], size[1] * width // height)
    top, left = (size[1] - inner_height) // 2, (size[0] - inner_width) // 2
    return left, top, left + inner_width, top + inner_height


def smart_resize(
    x: Any,
    size: Any,
    interpolation: str = "bilinear",
    data_format: str = "channels_last",
    **kwargs: Any,
) -> Any:
    """Bring pictures to a size without a change of proportions: what stands out is cut off.

    Args:
        x: a picture or a batch, array or tensor.
        size: height and width.
        interpolation: as of `keras.ops.image.resize`.
        data_format: "channels_last" or "channels_first".

    >>> keras.preprocessing.image.smart_resize(np.zeros((2, 8, 3)), (4, 4)).shape
    (4, 4, 3)
    """
    kwargs.pop("backend_module", None)
    if kwargs:
        raise TypeError(f"Unrecognized keyword arguments: {sorted(kwargs)}")
    if len(size) != 2:
        raise ValueError(f"Argument `size` must be two integers. Received: size={size}")
    img = ops.convert_to_tensor(x)
    if len(img.shape) not in (3, 4):
        raise ValueError(
            "Argument `x` must be a picture of three axes or a batch of four. "
            f"Received: shape {img.shape}"
        )
    first = data_format == "channels_first"
    height, width = img.shape[-2:] if first else img.shape[-3:-1]
    inner_height = max(min(height, int(width * size[0] / size[1])), 1)
    inner_width = max(min(width, int(height * size[1] / size[0])), 1)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    rows, columns = slice(top, top + inner_height), slice(left, left + inner_width)
    img = img[..., rows, columns] if first else img[..., rows, columns, :]
    if interpolation != "nearest" and is_int(img.dtype):
        img = ops.cast(img, floatx())  # what lies between the values of pixels is kept
    return ops.image.resize(
        img, tuple(size), interpolation=interpolation, data_format=data_format
    )
