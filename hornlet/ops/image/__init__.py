"""`keras.ops.image`: resizing, geometric transforms, padding, cropping, colors, windows."""

from __future__ import annotations

from hornlet.ops.image.colors import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from hornlet.ops.image.filters import sobel_edges, ssim
from hornlet.ops.image.geometry import (
    affine_transform,
    crop_images,
    map_coordinates,
    pad_images,
    resize,
)
from hornlet.ops.image.patches import extract_patches, extract_patches_3d, gaussian_blur
from hornlet.ops.image.warping import elastic_transform, perspective_transform, scale_and_translate

__all__ = [
    "affine_transform", "crop_images", "elastic_transform", "extract_patches",
    "extract_patches_3d", "gaussian_blur", "hsv_to_rgb", "map_coordinates", "pad_images",
    "perspective_transform", "resize", "rgb_to_grayscale", "rgb_to_hsv", "scale_and_translate",
    "sobel_edges", "ssim",
]  # fmt: skip
