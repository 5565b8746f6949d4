"""Distillation against Keras: losses, training, configs and files."""

import json

import keras
import numpy as np
import pytest

import hornlet

RNG = np.random.default_rng(0)
X = RNG.normal(size=(8, 4)).astype("float32")
Y = RNG.integers(0, 3, 8).astype("int32")
TEACHER, STUDENT = (RNG.normal(size=(5, 3)).astype("float32") for _ in range(2))


def network(room, name, outputs=3):
    layers = room.layers
    return room.Sequential(
        [
            room.Input((4,), name=f"{name}_in"),
            layers.Dense(6, "relu", name=f"{name}_hidden"),
            layers.Dense(outputs, name=f"{name}_top"),
        ],
        name=name,
    )


LOSSES = {
    "default": lambda room: room.distillation.LogitsDistillation(),
    "divergence": lambda room: room.distillation.LogitsDistillation(
        2.0, room.losses.KLDivergence()
    ),
    "entropy": lambda room: room.distillation.LogitsDistillation(
        4.0, room.losses.CategoricalCrossentropy(from_logits=True)
    ),
    "features": lambda room: room.distillation.FeatureDistillation("mae"),
    "cosine": lambda room: room.distillation.FeatureDistillation("cosine_similarity"),
}
LAYERED = {
    "layers": lambda room: room.distillation.FeatureDistillation(
        "mse", teacher_layer_name="t_hidden", student_layer_name="s_hidden"
    )
}
ROOMS = (hornlet, keras)


def plain(config):
    return json.loads(json.dumps(config))


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    ours, theirs = (LOSSES[name](room) for room in ROOMS)
    np.testing.assert_allclose(
        np.asarray(ours.compute_loss(TEACHER, STUDENT)),
        np.asarray(theirs.compute_loss(TEACHER, STUDENT)),
        rtol=1e-5,
    )
    config = plain(hornlet.saving.serialize_keras_object(ours))
    assert config == plain(keras.saving.serialize_keras_object(theirs))
    again = hornlet.saving.deserialize_keras_object(config)
    assert plain(hornlet.saving.serialize_keras_object(again)) == config


def test_several_outputs():
    for loss in (["mse", None], {"a": None, "b": "mae"}):
        for kind in ("LogitsDistillation", "FeatureDistillation"):
            ours, theirs = (getattr(room.distillation, kind)(loss=loss) for room in ROOMS)
            both = [
                [x, y] if isinstance(loss, list) else {"a": x, "b": y}
                for x, y in ((TEACHER, STUDENT), (STUDENT, 2 * TEACHER))
            ]
            for x in (ours, theirs):
                x.validate_outputs(*both)
            np.testing.assert_allclose(
                np.asarray(ours.compute_loss(*both)),
                np.asarray(theirs.compute_loss(*both)),
                rtol=1e-5,
            )
            config = plain(hornlet.saving.serialize_keras_object(ours))
            again = hornlet.saving.deserialize_keras_object(config)
            assert plain(hornlet.saving.serialize_keras_object(again)) == config
            with pytest.raises(ValueError, match="structure|entry"):
                ours.validate_outputs(TEACHER, STUDENT)


def distiller(room, names, weights=None, share=0.4):
    teacher, student = network(room, "t"), network(room, "s")
    for i, model in enumerate((teacher, student)):
        rng = np.random.default_rng(i)
        model.set_weights([rng.normal(size=w.shape) for w in model.weights])
    losses = [{**LOSSES, **LAYERED}[name](room) for name in names]
    model = room.distillation.Distiller(
        teacher, student, losses if weights else losses[0], weights, student_loss_weight=share
    )
    loss = room.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(room.optimizers.SGD(0.05), loss, metrics=["accuracy"])
    return model


@pytest.mark.parametrize(
    ("names", "weights", "share"),
    [
        (["default"], None, 0.4),
        (["divergence", "layers", "cosine"], [1.0, 0.5, 2.0], 0.3),
        (["divergence"], None, 0),
        (["divergence"], None, 1.0),
    ],
)
def test_training(names, weights, share):
    ours, theirs = (distiller(room, names, weights, share) for room in ROOMS)
    before = [np.asarray(w) for w in ours.teacher.weights]
    options = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0}
    history = [m.fit(X, Y, **options) for m in (ours, theirs)]
    assert history[0].history.keys() == history[1].history.keys()
    for key, values in history[0].history.items():
        np.testing.assert_allclose(values, history[1].history[key], rtol=2e-4, err_msg=key)
    for a, b in zip(ours.variables, theirs.variables, strict=True):
        assert a.path == b.path and a.trainable == b.trainable
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=1e-3, atol=1e-4)
    for a, b in zip(ours.teacher.weights, before, strict=True):
        np.testing.assert_array_equal(np.asarray(a), b)
    found, expected = (m.evaluate(X, Y, verbose=0, return_dict=True) for m in (ours, theirs))
    assert found == pytest.approx(expected, rel=1e-3)
    np.testing.assert_allclose(
        ours.predict(X, verbose=0), ours.student.predict(X, verbose=0), rtol=1e-6
    )


def test_config_and_files(tmp_path):
    ours, theirs = (distiller(room, ["divergence", "layers"], [1.0, 0.5]) for room in ROOMS)
    assert plain(ours.get_config()) == plain(theirs.get_config())
    path = tmp_path / "d.keras"
    ours.save(path)
    copy = hornlet.saving.load_model(path)
    expected = ours.evaluate(X, Y, verbose=0, return_dict=True)
    assert copy.evaluate(X, Y, verbose=0, return_dict=True) == pytest.approx(expected)
    copy.fit(X, Y, verbose=0)
    with pytest.warns(UserWarning, match="custom"):
        other = keras.saving.load_model(path)
    np.testing.assert_allclose(
        other.predict(X, verbose=0), ours.predict(X, verbose=0), rtol=1e-4, atol=1e-5
    )
    theirs.save(tmp_path / "k.keras")
    back = hornlet.saving.load_model(tmp_path / "k.keras", compile=False)
    np.testing.assert_allclose(
        back.predict(X, verbose=0), theirs.predict(X, verbose=0), rtol=1e-4, atol=1e-5
    )


def test_a_loss_of_the_users_own():
    class Distance(hornlet.distillation.DistillationLoss):
        def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
            return hornlet.ops.mean(hornlet.ops.abs(teacher_outputs - student_outputs))

    class Vector(hornlet.distillation.DistillationLoss):
        def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
            return hornlet.ops.mean(teacher_outputs - student_outputs, axis=0)

    def model(loss):
        made = hornlet.distillation.Distiller(
            network(hornlet, "t"), network(hornlet, "s"), loss, student_loss_weight=0.0
        )
        made.compile("adam", "sparse_categorical_crossentropy")
        return made

    losses = model(Distance()).fit(X, Y, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    with pytest.raises(ValueError, match="scalar"):
        model(Vector()).fit(X, Y, verbose=0)


WRONG = {
    "temperature": lambda room, t, s: room.distillation.LogitsDistillation(0),
    "word": lambda room, t, s: room.distillation.LogitsDistillation("warm"),
    "no loss": lambda room, t, s: room.distillation.LogitsDistillation(loss=[None]),
    "no feature loss": lambda room, t, s: room.distillation.FeatureDistillation(loss=[None, None]),
    "unknown": lambda room, t, s: room.distillation.LogitsDistillation(loss="nope"),
    "teacher": lambda room, t, s: room.distillation.Distiller(1, s, LOSSES["default"](room)),
    "none": lambda room, t, s: room.distillation.Distiller(t, s, None),
    "weights": lambda room, t, s: room.distillation.Distiller(
        t, s, [LOSSES["default"](room)], [1, 2]
    ),
    "share": lambda room, t, s: room.distillation.Distiller(
        t, s, LOSSES["default"](room), student_loss_weight=2
    ),
    "layer": lambda room, t, s: room.distillation.Distiller(
        t, s, room.distillation.FeatureDistillation(teacher_layer_name="nope")
    ),
    "outputs": lambda room, t, s: room.distillation.Distiller(
        t, network(room, "u", outputs=2), LOSSES["default"](room)
    ),
    "no compiled loss": lambda room, t, s: room.distillation.Distiller(
        t, s, LOSSES["default"](room)
    ).compile("sgd"),
    "metrics": lambda room, t, s: room.distillation.Distiller(
        t, s, LOSSES["default"](room)
    ).compile("sgd", "mse", metrics="mae"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("room", ROOMS, ids=["hornlet", "keras"])
def test_what_is_refused(case, room):
    with pytest.raises(ValueError):
        WRONG[case](room, network(room, "t"), network(room, "s"))
