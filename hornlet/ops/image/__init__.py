"""`keras.ops.image`: resizing, geometric transforms, padding, cropping, colors, patches."""

from __future__ import annotations

from hornlet.ops.image.colors import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from hornlet.ops.image.geometry import (
    affine_transform,
    crop_images,
    map_coordinates,
    pad_images,
    resize,
)
from hornlet.ops.image.patches import extract_patches, extract_patches_3d, gaussian_blur

__all__ = [
    "affine_transform", "crop_images", "extract_patches", "extract_patches_3d", "gaussian_blur",
    "hsv_to_rgb", "map_coordinates", "pad_images", "resize", "rgb_to_grayscale", "rgb_to_hsv",
]  # fmt: skip
