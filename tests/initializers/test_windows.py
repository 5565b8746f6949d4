"""Windows by name, compared with SciPy's."""

import numpy as np
import pytest

from hornlet.initializers.windows import WINDOWS, window

signal = pytest.importorskip("scipy.signal")


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("n", [1, 2, 7, 8, 33])
def test_a_window_is_that_of_scipy(name, periodic, n):
    # SciPy knows a window of ones by other names than "rectangular".
    known = "boxcar" if name == "rectangular" else name
    expected = signal.get_window(known, n, periodic)
    np.testing.assert_allclose(window(name, n, periodic), expected, atol=1e-12)
