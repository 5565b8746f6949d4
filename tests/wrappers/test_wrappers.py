"""The wrappers are scikit-learn estimators: its own checks, and what users do with them."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import hornlet as keras

sklearn = pytest.importorskip("sklearn", "1.6")
from scipy import sparse  # noqa: E402
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor  # noqa: E402
from sklearn.datasets import load_iris  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import estimator_checks_generator  # noqa: E402

from hornlet.wrappers import SKLearnClassifier, SKLearnRegressor, SKLearnTransformer  # noqa: E402


def network(X, y, loss="categorical_crossentropy", activation="softmax", width=10, units=None):
    x = keras.Input((X.shape[1],))
    hidden = keras.layers.Dense(width, "relu")(x)
    model = keras.Model(x, keras.layers.Dense(units or y.shape[1], activation)(hidden))
    model.compile(keras.optimizers.Adam(0.02), loss)
    return model


def classifier(epochs=30, **model_kwargs):
    return SKLearnClassifier(
        network, model_kwargs=model_kwargs, fit_kwargs={"verbose": 0, "epochs": epochs}
    )


LINEAR = {"loss": "mse", "activation": None}
PLAIN = {"verbose": 0}
X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


def checks():
    """scikit-learn's checks, named by number: its own names hold the address of `network`."""
    for estimator in (
        classifier(epochs=5),
        SKLearnRegressor(network, model_kwargs=LINEAR, fit_kwargs=PLAIN),
        SKLearnTransformer(network, model_kwargs=LINEAR, fit_kwargs=PLAIN),
    ):
        for i, (made, check) in enumerate(estimator_checks_generator(estimator)):
            name = getattr(check, "func", check).__name__
            yield pytest.param(made, check, id=f"{type(made).__name__}-{i}-{name}")


@pytest.mark.parametrize(("estimator", "check"), checks())
def test_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("loss", "activation", "units"),
    [
        ("categorical_crossentropy", "softmax", None),
        ("sparse_categorical_crossentropy", "softmax", 3),
        (keras.losses.CategoricalCrossentropy(from_logits=True), None, None),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), None, 3),
        ("mse", None, None),
    ],
)
def test_a_classifier_learns_under_any_loss(loss, activation, units):
    names = np.array(["setosa", "versicolor", "virginica"])[Y]
    made = classifier(loss=loss, activation=activation, units=units).fit(X, names)
    assert made.score(X, names) > 0.85
    assert list(made.classes_) == ["setosa", "versicolor", "virginica"]
    p = made.predict_proba(X)
    np.testing.assert_allclose(p.sum(1), 1)
    assert p.min() >= 0 and (made.classes_[p.argmax(1)] == made.predict(X)).all()
    assert is_classifier(made) and isinstance(made, BaseEstimator)


@pytest.mark.parametrize(
    ("loss", "activation", "units"),
    [
        ("binary_crossentropy", "sigmoid", 1),
        (keras.losses.BinaryCrossentropy(from_logits=True), None, 1),
        ("categorical_crossentropy", "softmax", None),
    ],
)
def test_two_classes(loss, activation, units):
    x, y = X[:100], Y[:100]
    made = classifier(loss=loss, activation=activation, units=units).fit(x, y)
    assert made.score(x, y) == 1
    margins = made.decision_function(x)
    assert margins.shape == (100,) and ((margins > 0) == (made.predict(x) == 1)).all()
    np.testing.assert_allclose(made.predict_proba(x).sum(1), 1)


def test_a_model_is_cloned_unless_warm():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy")
    before = model.get_weights()[0].copy()
    cold = SKLearnClassifier(model, fit_kwargs=PLAIN).fit(X, Y)
    np.testing.assert_array_equal(model.get_weights()[0], before)
    assert cold.model_ is not model
    warm = SKLearnClassifier(model, warm_start=True, fit_kwargs=PLAIN)
    first = warm.fit(X, Y).model_.get_weights()[0].copy()
    assert warm.model_ is model
    assert warm.fit(X, Y).model_ is model
    assert not np.array_equal(model.get_weights()[0], first)


def test_fits_repeat_and_leave_the_generators_alone():
    keras.utils.set_random_seed(3)
    expected = np.random.rand(), keras.random.uniform((1,))[0]
    keras.utils.set_random_seed(3)
    a = classifier(2).fit(X, Y)
    assert (np.random.rand(), keras.random.uniform((1,))[0]) == expected
    b = clone(a).fit(X, Y)
    np.testing.assert_array_equal(a.decision_function(X), b.decision_function(X))
    keras.utils.set_random_seed(4)
    assert not np.array_equal(a.decision_function(X), clone(a).fit(X, Y).decision_function(X))


def test_regressors_of_one_and_of_many_targets():
    y = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 1
    made = SKLearnRegressor(network, model_kwargs=LINEAR, fit_kwargs={"verbose": 0, "epochs": 40})
    assert made.fit(X, y).score(X, y) > 0.9 and made.predict(X).shape == (150,)
    both = np.stack([y, -y], 1)
    assert made.fit(X, both).predict(X).shape == (150, 2)
    assert is_regressor(made) and made.epoch_ == 40


def test_pickles_copies_and_clones():
    made = classifier(2).fit(X, Y)
    for copied in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        np.testing.assert_array_equal(copied.predict(X), made.predict(X))
    assert clone(made).get_params() == made.get_params()
    assert not hasattr(clone(made), "model_")


def test_pipelines_grids_and_cross_validation():
    pipeline = make_pipeline(StandardScaler(), classifier(3))
    assert cross_val_score(pipeline, X, Y, cv=2).shape == (2,)
    grid = {"model_kwargs": [{"width": 2}, {"width": 20}]}
    search = GridSearchCV(classifier(20), grid, cv=2, n_jobs=2).fit(X, Y)
    assert search.best_params_ == {"model_kwargs": {"width": 20}}
    transformer = SKLearnTransformer(network, model_kwargs=LINEAR, fit_kwargs=PLAIN)
    made = make_pipeline(transformer, classifier(3)).fit(X, Y)
    assert made.predict(X).shape == (150,)
    assert list(made[:1].get_feature_names_out()) == ["sklearntransformer0"]


def test_partial_fit_goes_on():
    made = classifier()
    with pytest.raises(ValueError, match="none of the classes that"):
        copy.deepcopy(made).partial_fit(X[:100], Y[:100]).partial_fit(X, Y)
    rows = np.random.RandomState(0).permutation(150)
    for _ in range(20):
        for part in np.split(rows, 3):
            made.partial_fit(X[part], Y[part], classes=[0, 1, 2])
    assert made.score(X, Y) > 0.85
    assert int(made.model_.optimizer.iterations) == 20 * 3 * 2


def test_sample_weights():
    with_bad = np.where(np.arange(150) % 3 == 0, (Y + 1) % 3, Y)
    weight = (with_bad == Y).astype(float)
    made = classifier().fit(X, with_bad, sample_weight=weight)
    only = classifier().fit(X[weight > 0], Y[weight > 0], sample_weight=np.ones(int(weight.sum())))
    np.testing.assert_array_equal(made.decision_function(X), only.decision_function(X))
    assert made.score(X, with_bad, sample_weight=weight) > 0.85
    with pytest.raises(ValueError, match="non-zero|only one class|empty"):
        classifier().fit(X, Y, sample_weight=np.zeros(150))


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix])
def test_sparse_inputs(kind):
    made = classifier(2).fit(kind(X), Y)
    np.testing.assert_array_equal(made.predict(kind(X)), made.predict(X))
    np.testing.assert_array_equal(made.predict(X), classifier(2).fit(X, Y).predict(X))


def test_frames_and_their_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    made = classifier(2).fit(frame, Y)
    assert list(made.feature_names_in_) == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names"):
        made.predict(frame[["b", "a", "c", "d"]])


def test_early_stopping_by_a_fraction():
    made = SKLearnClassifier(
        network,
        fit_kwargs={"epochs": 200, "early_stopping": True, "n_iter_no_change": 2, "tol": 0.05,
                    "validation_fraction": 0.2, "verbose": 0},
    ).fit(X, Y)
    assert 2 < made.epoch_ < 200
    assert "val_loss" in made.history_.history
    weighted = clone(made).fit(X, Y, sample_weight=np.ones(150))
    assert weighted.epoch_ == made.epoch_
    stop = keras.callbacks.EarlyStopping("loss", patience=0, min_delta=10.0)
    own = classifier(10).set_params(
        fit_kwargs={"epochs": 10, "verbose": 0, "callbacks": [stop], "validation_split": 0.2}
    )
    assert own.fit(X, Y).epoch_ == 2 and stop.stopped_epoch == 0, "callbacks are the fit's own"


def test_metadata_routing():
    made = classifier(2)
    with pytest.raises(RuntimeError, match="metadata routing"):
        made.set_fit_request(sample_weight=True)
    with sklearn.config_context(enable_metadata_routing=True):
        made.set_fit_request(sample_weight=True)
        made.set_score_request(sample_weight=False)
        scores = cross_val_score(made, X, Y, cv=2, params={"sample_weight": np.ones(150)})
        assert scores.shape == (2,)


def test_wrong_models_and_targets():
    plain = keras.Sequential([keras.layers.Dense(3)])
    with pytest.raises(RuntimeError, match="compile"):
        SKLearnClassifier(plain, fit_kwargs=PLAIN).fit(X, Y)
    with pytest.raises(ValueError, match="only one class"):
        classifier().fit(X, np.zeros(150))
    with pytest.raises(ValueError, match="binary and multiclass"):
        classifier().fit(X, X[:, 0])


def test_without_scikit_learn_the_names_are_there():
    code = (
        "import sys; sys.modules['sklearn.base'] = None; import hornlet\n"
        "try: hornlet.wrappers.SKLearnRegressor(None)\n"
        "except ImportError as error: print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "SKLearnRegressor requires `scikit-learn`" in run.stdout
