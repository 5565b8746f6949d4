"""Small files that want much memory or time."""

import io
import json
import zipfile

from tests.hostile import seeds
from tests.hostile.table import Attack, group

MEMBERS = ("config.json", "metadata.json", "model.weights.h5", "assets/x")
HUGE = (10**5, 10**9, 2**31, 2**63, 2**64, 10**30)


def _bomb(name, nbytes=1 << 31):
    """A member that inflates to 2 GiB from 2 MB, deflated piece by piece."""
    out = io.BytesIO()
    piece = b" " * (1 << 24)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for other, data in seeds.members().items():
            if other != name:
                archive.writestr(other, data)
        with archive.open(name, "w", force_zip64=True) as member:
            for _ in range(nbytes // len(piece)):
                member.write(piece)
    return out.getvalue()


def _many_members(n):
    return seeds.packed(**{f"assets/{i}": b"" for i in range(n)})


@group
def bombs():
    for name in MEMBERS:
        may = " (may load: it is not read)" if name == "metadata.json" else ""
        yield Attack(f"{name} of 256 MiB{may}", lambda name=name: _bomb(name, 1 << 28))
    yield Attack("20,000 members", lambda: _many_members(20_000))


@group
def large_bombs():
    for name in MEMBERS:
        may = " (may load: it is not read)" if name == "metadata.json" else ""
        yield Attack(f"{name} of 2 GiB{may}", lambda name=name: _bomb(name))
    yield Attack("100,000 members", lambda: _many_members(100_000))


@group
def texts():
    good = seeds.config()
    deep = {"a": 1}
    for _ in range(180):
        deep = {"config": deep, "class_name": "Sequential", "module": "keras"}
    rows = {
        "deep lists": "[" * 200_000,
        "deep objects": '{"a":' * 200_000,
        "deep and closed": "[" * 200_000 + "]" * 200_000,
        "180 configs deep": json.dumps(deep),
        "a million digits": '{"a": ' + "9" * 1_000_000 + "}",
        "a small exponent": '{"a": 1e999999999}',
        "NaN": '{"a": NaN}',
        "Infinity": '{"a": -Infinity}',
        "a key twice": '{"a": 1, "a": 2}',
        "a lone surrogate": '{"\\ud800": 1}',
        "a lone surrogate as value": '{"class_name": "\\ud800", "config": {}}',
        "two texts": "{}{}",
        "a list": "[]", "a number": "5", "null": "null", "a string": '"Dense"', "empty": "",
        "an object": "{}",
        "NUL": "\0" * 100,
        "UTF-16": json.dumps(good).encode("utf-16").decode("latin-1"),
        "a name of 30 MB": json.dumps(good).replace('"first"', '"' + "x" * (30 << 20) + '"'),
        "a million nulls": '{"class_name": "Sequential", "config": {"name": "s", "layers": ['
        + "null," * 999_999 + "null]}}",
        "a million inputs": '{"class_name": "Sequential", "config": {"name": "s", "layers": ['
        + '{"class_name":"Dense","config":{"units":1}},' * 99_999
        + '{"class_name":"Dense","config":{"units":1}}]}}',
    }  # fmt: skip
    for name, text in rows.items():
        yield Attack(name, lambda text=text: seeds.packed(**{"config.json": text}))
        yield Attack(f"{name}, JSON", lambda text=text: text, "json")
    yield Attack("not UTF-8", lambda: seeds.packed(**{"config.json": b'{"a": "\xff\xfe"}'}))


_LARGE = {
    "Dense": "units", "Embedding": "input_dim", "LSTM": "units", "GRU": "units",
    "SimpleRNN": "units", "Conv1D": "filters", "RepeatVector": "n", "EinsumDense": "output_shape",
    "Reshape": "target_shape", "ZeroPadding1D": "padding", "UpSampling1D": "size",
    "MultiHeadAttention": "num_heads", "CategoryEncoding": "num_tokens", "Hashing": "num_bins",
    "Discretization": "num_bins", "SeparableConv1D": "depth_multiplier",
    "DepthwiseConv1D": "kernel_size", "MaxPooling1D": "pool_size", "Cropping1D": "cropping",
    "GroupNormalization": "groups", "ReversibleEmbedding": "input_dim", "PReLU": "shared_axes",
    "RandomCrop": "height", "Resizing": "height", "CenterCrop": "width",
    "StringLookup": "max_tokens",
    "TextVectorization": "output_sequence_length", "STFTSpectrogram": "fft_length",
    "MelSpectrogram": "num_mel_bins", "AdaptiveMaxPooling1D": "output_size",
    "SpectralNormalization": "power_iterations", "Normalization": "axis",
    "HashedCrossing": "num_bins", "MaxNumBoundingBoxes": "max_number",
}  # fmt: skip
_REST = {
    "Embedding": {"output_dim": 4}, "ReversibleEmbedding": {"output_dim": 4},
    "Conv1D": {"kernel_size": 2}, "SeparableConv1D": {"kernel_size": 2, "filters": 2},
    "MultiHeadAttention": {"key_dim": 2}, "RandomCrop": {"width": 3}, "Resizing": {"width": 3},
    "CenterCrop": {"height": 3}, "EinsumDense": {"equation": "ab,bc->ac"},
}  # fmt: skip
_INPUTS = {"Conv1D", "ZeroPadding1D", "UpSampling1D", "SeparableConv1D", "DepthwiseConv1D", "LSTM",
           "GRU", "SimpleRNN", "MaxPooling1D", "Cropping1D", "AdaptiveMaxPooling1D"}  # fmt: skip


def _text(layer, shape=(8,), calls=None):
    rows = [("x", layer["class_name"], layer["config"], calls or [["in0"]])]
    return seeds.functional(*rows, inputs=(shape,))


def _as_keras(config):
    return seeds.packed(**{"config.json": json.dumps(config)})


@group
def huge_fields():
    for name, field in _LARGE.items():
        for value in HUGE:
            for listed in (False, True):
                given = [value] * (2 if listed else 1) if listed else value
                layer = {"class_name": name, "config": {**_REST.get(name, {}), field: given}}
                shape = (8, 3) if name in _INPUTS else (8,)
                if name in ("RandomCrop", "Resizing", "CenterCrop"):
                    shape = (8, 8, 3)
                config = _text(layer, shape)
                label = f"{name}({field}={given})"
                cheap = value <= 10**5 or field in ("num_bins", "max_tokens")
                may = " (may load)" if cheap else ""
                yield Attack(f"{label}{may}", lambda config=config: _as_keras(config))
                yield Attack(f"{label} (may load), config", lambda config=config: config, "config")
    for value in HUGE:
        for shape in ((value,), (value, value), (2,) * 33, (None, value, None)):
            config = seeds.functional(("x", "ReLU", {}, [["in0"]]), inputs=(shape,))
            may = " (may load)" if value <= 2**31 and shape.count(value) == 1 else ""
            yield Attack(f"Input {shape}{may}", lambda config=config: _as_keras(config))
        config = seeds.config()
        config["config"]["layers"][1]["build_config"] = {"input_shape": [None, value]}
        config["config"]["layers"].pop(0)
        config["config"].pop("build_input_shape", None)
        yield Attack(f"build_config {value}", lambda config=config: _as_keras(config))
        config = seeds.config()
        config["config"]["layers"].pop(0)
        config["config"]["build_input_shape"] = [None, value]
        yield Attack(f"build_input_shape {value}", lambda config=config: _as_keras(config))
    for name in ("Orthogonal", "GlorotUniform", "RandomNormal", "Identity", "STFT"):
        initializer = {"module": "keras.initializers", "class_name": name, "config": {},
                       "registered_name": None}  # fmt: skip
        config = seeds.functional(
            ("x", "Dense", {"units": 1900, "kernel_initializer": initializer}, [["in0"]]),
            inputs=((2000,),),
        )
        yield Attack(f"{name} of 15 MB", lambda config=config: _as_keras(config))


_OPS = {
    "Zeros": {"shape": [100_000, 100_000]}, "Ones": {"shape": [100_000, 100_000]},
    "Full": {"shape": [100_000, 100_000], "fill_value": 1.0}, "Arange": {"start": 10**10},
    "Eye": {"N": 100_000}, "Tri": {"N": 100_000}, "Identity": {"n": 100_000},
    "Linspace": {"start": 0, "stop": 1, "num": 10**10}, "Logspace": {"start": 0, "stop": 1,
                                                                    "num": 10**10},
    "Hanning": {"x": 10**10}, "Bartlett": {"x": 10**10}, "Kaiser": {"x": 10**10, "beta": 1},
}  # fmt: skip
_ON_SYMBOLS = {
    "Repeat": {"repeats": 10**10}, "Tile": {"repeats": [10**6, 10**6]},
    "OneHot": {"num_classes": 10**10}, "BroadcastTo": {"shape": [10**6, 10**6, 8]},
    "Pad": {"pad_width": [[0, 0], [0, 10**10]]}, "Reshape": {"newshape": [-1, 10**10]},
    "Bincount": {"minlength": 10**10}, "Linspace": {"num": 10**10, "stop": 1.0},
    "ExpandDims": {"axis": [0] * 70}, "Diag": {"k": 10**9}, "Roll": {"shift": 10**40},
    "Power": {"x2": 10**40}, "Round": {"decimals": 10**9}, "Fft2": {}, "Nonzero": {},
    "Full": {"shape": [10**6, 10**6]}, "Eval": {}, "Map": {"f": "relu"}, "Shape": {},
    "Vectorize": {"pyfunc": "relu"}, "Custom": {}, "LoadModel": {}, "Einsum": {"subscripts": "ab"},
}  # fmt: skip


@group
def operations():
    for name, settings in _OPS.items():
        for args in ([], [list(settings.values())[0]]):
            inner = dict(list(settings.items())[1:]) if args else settings
            row = seeds.layer_row("x", name, inner, [[]], "keras.src.ops.numpy")
            row["inbound_nodes"] = [{"args": args, "kwargs": {}}]
            config = seeds.functional(("y", "Dense", {"units": 2}, [["in0"]]))
            config["config"]["layers"].append(row)
            label = f"{name} of {settings}, {'args' if args else 'settings'}"
            yield Attack(label, lambda config=config: _as_keras(config))
            yield Attack(f"{label}, config", lambda config=config: config, "config")
    for name, settings in _ON_SYMBOLS.items():
        row = seeds.layer_row("x", name, settings, [["in0"]], "keras.src.ops.numpy")
        config = seeds.functional()
        config["config"]["layers"].append(row)
        config["config"]["output_layers"] = [["x", 0, 0]]
        may = " (may load)" if name in ("Tile", "Diag", "Round", "Nonzero", "Fft2", "Roll",
                                          "Einsum") else ""
        yield Attack(f"{name}(x) of {settings}{may}", lambda config=config: _as_keras(config))


def _nested(depth, shared=True):
    """A model that calls a model (twice, if shared) that calls a model, and so on."""
    inner = seeds.functional(("d", "Dense", {"units": 8}, [["in0"]]), name="m0")
    for i in range(1, depth):
        rows = [("c", inner, {}, [["in0"], ["in0"]] if shared else [["in0"]])]
        if shared:
            rows.append(("a", "Add", {}, [[[("c", 0), ("c", 1)]]]))
        outputs = None if shared else [["c", 1, 0]]  # a model's own node is the first
        inner = seeds.functional(*rows, name=f"m{i}", outputs=outputs)
    return inner


def _twice_at_other_shapes(depth):
    """Each level calls the one below twice, at a shape that is not the one it was made for."""
    inner = seeds.functional(("d", "ReLU", {}, [["in0"]]), name="m0", inputs=((None,),))
    for i in range(1, depth):
        rows = [
            ("c", inner, {}, [["in0"], ["in0"]]),
            ("a", "Add", {}, [[[("c", 0), ("c", 1)]]]),
        ]
        inner = seeds.functional(*rows, name=f"m{i}", inputs=((i,) if i % 2 else (None,),))
    return seeds.functional(
        ("c", inner, {}, [["in0"]]), inputs=((4,),), name="top", outputs=[["c", 1, 0]]
    )


def _chain(n, class_name="ReLU"):
    rows = [
        (f"r{i}", class_name, {}, [[f"r{i - 1}" if i else "in0"]]) for i in range(n)
    ]  # fmt: skip
    return seeds.functional(*rows)


@group
def graphs():
    for depth in (5, 30, 60):
        yield Attack(f"{depth} nested models", lambda depth=depth: _as_keras(_nested(depth, False)))
        yield Attack(f"{depth} nested and shared", lambda depth=depth: _as_keras(_nested(depth)))
        for how in ("keras", "config"):
            yield Attack(
                f"{depth} nested, other shapes, {how}" + (" (may load)" if depth < 9 else ""),
                lambda depth=depth, how=how: _as_keras(_twice_at_other_shapes(depth))
                if how == "keras" else _twice_at_other_shapes(depth), how,
            )  # fmt: skip
    cycle = seeds.functional(
        ("a", "ReLU", {}, [["b"]]), ("b", "ReLU", {}, [["a"]]), ("c", "ReLU", {}, [["in0"]])
    )
    yield Attack("a cycle", lambda: _as_keras(cycle))
    to_itself = seeds.functional(("a", "ReLU", {}, [["a"]]))
    yield Attack("a layer on itself", lambda: _as_keras(to_itself))
    for place in (["a", 7, 0], ["a", -1, 0], ["a", 0, 9], ["a", 0, -1], ["zz", 0, 0], ["a", 0],
                  ["a", "0", 0], ["a", 1.5, 0], ["a", True, 0], [None, 0, 0], "a", 5, None, [],
                  [[]], {}, ["a", 10**40, 0]):  # fmt: skip
        row = seeds.functional(("a", "ReLU", {}, [["in0"]]))
        row["config"]["output_layers"] = [place]
        yield Attack(f"output {place}", lambda row=row: _as_keras(row))
        row = seeds.functional(("a", "ReLU", {}, [["in0"]]))
        row["config"]["input_layers"] = place
        yield Attack(f"input {place}", lambda row=row: _as_keras(row))
        if isinstance(place, list):
            row = seeds.functional(("a", "ReLU", {}, [["in0"]]), ("b", "ReLU", {}, [["a"]]))
            history = row["config"]["layers"][2]["inbound_nodes"][0]["args"][0]["config"]
            history["keras_history"] = place
            yield Attack(f"history {place}", lambda row=row: _as_keras(row))
    twice = seeds.functional(("a", "ReLU", {}, [["in0"]]), ("a", "ReLU", {}, [["in0"]]))
    yield Attack("two layers of one name (may load)", lambda: _as_keras(twice))
    yield Attack("5,000 layers in a row", lambda: _as_keras(_chain(5000)))
    yield Attack(
        "20,000 calls of one layer",
        lambda: _as_keras(seeds.functional(("a", "ReLU", {}, [["in0"]] * 20_000))),
    )
    no_symbol = {"args": [{"class_name": "__keras_tensor__"}]}
    for nodes in (5, "x", [5], [None], [{"args": 5}], [{"args": [], "kwargs": 5}], [[]], {"a": 1},
                  [no_symbol]):  # fmt: skip
        row = seeds.functional(("a", "ReLU", {}, [["in0"]]))
        row["config"]["layers"][1]["inbound_nodes"] = nodes
        yield Attack(f"nodes {nodes}", lambda row=row: _as_keras(row))
