"""Models written once and built in both libraries: each takes the library as its argument."""


def chain(k):
    x = k.Input((4,), name="x")
    h = k.layers.Dense(5, activation="relu", name="h")(x)
    h = k.layers.Dropout(0.5, name="drop")(h)
    return k.Model(x, k.layers.Dense(2, name="y")(h), name="chain")


def branches(k):
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    shared = k.layers.Dense(3, name="shared")
    y = k.layers.Concatenate(name="join")([shared(a), shared(b)])
    z = k.layers.Add(name="sum")([a, b])
    return k.Model([a, b], [k.layers.Dense(1, name="y")(y), z], name="branches")


def dictionary(k):
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    y = k.layers.Multiply(name="product")([a, b])
    return k.Model({"a": a, "b": b}, {"y": y, "z": k.layers.Dense(2, name="z")(y)}, name="dict")


def with_ops(k):
    x = k.Input((4,), name="x")
    y = k.ops.relu(x - 0.5) * 2.0
    y = k.ops.mean(y, axis=-1, keepdims=True)
    y = k.ops.concatenate([y, x], axis=1)[:, :3]
    return k.Model(x, k.layers.Dense(2, name="y")(k.ops.reshape(y, (-1, 3))), name="ops")


def nested(k):
    inner = k.Sequential(
        [k.Input((3,), name="i"), k.layers.Dense(4, name="d1"), k.layers.Dense(2, name="d2")],
        name="inner",
    )
    x = k.Input((4,), name="x")
    h = inner(k.layers.Dense(3, name="h")(x))
    p = k.Input((2,), name="p")
    graph = k.Model(p, k.layers.Activation("tanh", name="tanh")(p), name="graph")
    return k.Model(x, k.layers.Add(name="add")([h, graph(h)]), name="outer")


def stack(k):
    return k.Sequential(
        [
            k.Input((4,), name="x"),
            k.layers.Dense(6, activation="relu", name="d1"),
            k.layers.BatchNormalization(name="bn"),
            k.layers.Dense(3, activation="softmax", name="d2"),
        ],
        name="stack",
    )


def pictures(k):
    return k.Sequential(
        [
            k.Input((8, 8, 1), name="x"),
            k.layers.Conv2D(4, 3, activation="relu", name="c"),
            k.layers.MaxPooling2D(name="m"),
            k.layers.Flatten(name="f"),
            k.layers.Dense(2, name="d"),
        ],
        name="pictures",
    )


def masked(k):
    x = k.Input((5,), dtype="int32", name="x")
    h = k.layers.Embedding(7, 4, mask_zero=True, name="e")(x)
    h = k.layers.GRU(3, return_sequences=True, name="g")(h)
    return k.Model(x, k.layers.LSTM(2, name="l")(h), name="masked")


ALL = [chain, branches, dictionary, with_ops, nested, stack, pictures, masked]
