"""What `explain` prints can be read: graph, gradient, plan; a two-layer network fits a screen."""

import io

import numpy as np

from hornlet.engine import Ref, emit, explain


def test_a_two_layer_network_fits_one_screen():
    w, u = Ref(np.ones((4, 8))), Ref(np.ones((8, 2)))

    def network(x):
        return emit("matmul", emit("relu", emit("matmul", x, w)), u)

    out = io.StringIO()
    explain(network, np.ones((3, 4)), file=out)
    lines = out.getvalue().splitlines()
    assert len(lines) <= 40 and max(map(len, lines)) <= 120
    text = out.getvalue()
    for part in ("graph", "gradient", "plan", "matmul(x0, w0)", "relu", "arena"):
        assert part in text
