"""Rows of images warped and compared. Keras draws other numbers for elastic_transform."""

import numpy as np

from .cases import case, x
from .cases_linalg import Near

START = [[0.0, 0.0], [0.0, 5.0], [6.0, 0.0], [6.0, 5.0]]
END = [[0.3, 0.4], [-0.6, 5.2], [5.1, 0.7], [6.2, 4.4]]
for format_, image in (("channels_last", x(2, 7, 6, 2)), ("channels_first", x(2, 2, 7, 6))):
    both = Near([START, END]), Near([END, START])
    for method in ("nearest", "bilinear"):
        case("image.perspective_transform", image, *both, method, 0.5, format_)
    case("image.sobel_edges", image, data_format=format_)
    case("image.ssim", image, image, 2.0, 5, 1.2, data_format=format_, gradient=False)
case("image.perspective_transform", x(7, 6, 1), Near(START), Near(END))
case("image.ssim", x(2, 12, 13, 2, low=0.0), x(2, 12, 13, 2, low=0.0), 3.0)
case("image.ssim", x(7, 8, 1, low=0.0), x(7, 8, 1, low=0.0), 3.0, 3, k2=0.1)
for method in ("linear", "cubic", "lanczos3", "lanczos5"):
    for antialias in (True, False):
        case("image.scale_and_translate", x(2, 7, 6), (2, 5, 8), x(2, low=0.6, high=1.4), x(2),
             (1, -1), method, antialias)
case("image.scale_and_translate", x(4, 3), (6, 3), np.array([1.3], "float32"),
     np.array([-0.4], "float32"), (0,), "bilinear")
case("image.elastic_transform", x(2, 7, 6, 2), alpha=0.0, seed=1)
case("image.elastic_transform", x(2, 2, 7, 6), alpha=0.0, sigma=2.0, interpolation="nearest",
     data_format="channels_first", seed=1)
