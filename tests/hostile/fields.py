"""Every numeric field of every layer's config, with values of other types and out of range."""

import warnings

import hornlet
from tests.hostile import seeds
from tests.hostile.table import Attack, group

WRONG = (-5, 0, True, 1.5, "7", None, [1], 1e308)
# Fields of which none of these is a value, whatever the layer: errors must name the field.
STRICT = {"units", "filters", "num_heads", "key_dim", "input_dim", "output_dim", "n", "num_bins",
          "num_tokens", "depth_multiplier"}  # fmt: skip


def _numeric(value):
    if isinstance(value, (list, tuple)):
        return bool(value) and all(_numeric(x) for x in value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@group
def layer_fields():
    from tests.layers.cases import CASES  # which brings Keras in, wanted nowhere else

    seen = set()
    for case in CASES:
        if not (case.symbolic and case.model and case.file):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config = hornlet.saving.serialize_keras_object(case.make(hornlet.layers))
        shapes = case.inputs if isinstance(case.inputs, list) else [case.inputs]
        for field, value in config["config"].items():
            if not _numeric(value) or (config["class_name"], field) in seen:
                continue
            seen.add((config["class_name"], field))
            for wrong in WRONG:
                made = {**config, "config": {**config["config"], field: wrong}}
                strict = field in STRICT and not (wrong is None and value is None)
                yield Attack(
                    f"{config['class_name']}.{field} is {wrong!r}"
                    + (f" [names {field}]" if strict else " (may load)"),
                    lambda made=made, shapes=shapes: seeds.around(made, shapes),
                    "config",
                )
