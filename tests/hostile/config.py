"""Configs of a wrong form: of the file, the model, its training and its state."""

import json

from tests.hostile import seeds
from tests.hostile.table import Attack, group

WRONG = (-5, 0, True, 1.5, "7", None, [1], 1e308, {}, [[]], "os.system", {"class_name": 5})


@group
def wrong_values():
    """Every value of a good config, replaced by things of other types."""
    good = seeds.config()

    def places(value, path=()):
        if path:
            yield path
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items if isinstance(value, (dict, list)) else ():
            if isinstance(inner, (dict, list)):
                yield from places(inner, (*path, key))
            else:
                yield (*path, key)

    for path in places(good):
        for wrong in WRONG:
            made = json.loads(json.dumps(good))
            inside = made
            for key in path[:-1]:
                inside = inside[key]
            if inside[path[-1]] == wrong:
                continue
            inside[path[-1]] = wrong
            yield Attack(
                f"{'.'.join(map(str, path))} is {wrong!r} (may load)",
                lambda made=made: seeds.packed(**{"config.json": json.dumps(made)}),
            )


@group
def missing_values():
    good = seeds.config()
    for key in list(good):
        yield Attack(
            f"without {key} (may load)",
            lambda key=key: seeds.with_config(lambda c: c.pop(key) and None),
        )
    for key in list(good["config"]):
        yield Attack(
            f"without config.{key} (may load)",
            lambda key=key: seeds.with_config(lambda c: c["config"].pop(key) and None),
        )
    for metadata in (b"", b"[]", b"{", b'{"keras_version": 5}', b'{"keras_version": "99.0"}'):
        yield Attack(
            f"metadata {metadata!r} (may load)",
            lambda metadata=metadata: seeds.packed(**{"metadata.json": metadata}),
        )
