"""Fills the table of primitives: importing this module imports every family of rows."""

from hornlet.engine.ops import (  # noqa: F401
    control,
    conv,
    ctc,
    custom,
    elementwise,
    factors,
    fourier,
    fused,
    index,
    linalg,
    matmul,
    pool,
    random,
    reduce,
    segment,
    shape,
    sort,
    special,
)
