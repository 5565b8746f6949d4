"""keras.mixed_precision: the policies of dtypes under their older names, and loss scaling."""

from hornlet.optimizers.loss_scale import LossScaleOptimizer
from hornlet.tensor.dtype_policy import DTypePolicy, dtype_policy, set_dtype_policy

Policy = DTypePolicy
global_policy = dtype_policy
set_global_policy = set_dtype_policy

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]
