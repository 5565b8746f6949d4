"""Rows: an activation's name and arguments."""

CASES = [
    ("celu", {}), ("celu", {"alpha": 0.5}), ("elu", {}), ("elu", {"alpha": 0.5}),
    ("exponential", {}), ("gelu", {}), ("gelu", {"approximate": True}), ("glu", {}),
    ("glu", {"axis": 0}), ("hard_shrink", {}), ("hard_shrink", {"threshold": 1.0}),
    ("hard_sigmoid", {}), ("hard_silu", {}), ("hard_swish", {}), ("hard_tanh", {}),
    ("leaky_relu", {}), ("leaky_relu", {"negative_slope": 0.4}), ("linear", {}),
    ("log_sigmoid", {}), ("log_softmax", {}), ("log_softmax", {"axis": 0}), ("mish", {}),
    ("relu", {}), ("relu", {"negative_slope": 0.1}), ("relu", {"max_value": 1.0}),
    ("relu", {"threshold": 0.5}), ("relu", {"max_value": 6}),
    ("relu", {"negative_slope": 0.3, "max_value": 1.5, "threshold": 0.4}),
    ("relu", {"negative_slope": 0.3, "threshold": -0.4}), ("relu6", {}), ("selu", {}),
    ("sigmoid", {}), ("silu", {}), ("swish", {}), ("soft_shrink", {}),
    ("soft_shrink", {"threshold": 1.0}), ("softmax", {}), ("softmax", {"axis": 0}),
    ("softplus", {}), ("softsign", {}), ("sparse_plus", {}), ("sparse_sigmoid", {}),
    ("sparsemax", {}), ("squareplus", {}), ("squareplus", {"b": 1.0}), ("tanh", {}),
    ("tanh_shrink", {}), ("threshold", {"threshold": 0.3, "default_value": -1.0}),
]  # fmt: skip
