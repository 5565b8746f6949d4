"""SciKeras: a network in scikit-learn's pipeline, grid search, and pickle."""

import pickle

import keras
import numpy as np
from scikeras.wrappers import KerasClassifier, KerasRegressor
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def network(meta, hidden):
    parts = [keras.Input((meta["n_features_in_"],)), keras.layers.Dense(hidden, "relu")]
    return keras.Sequential([*parts, keras.layers.Dense(meta["n_classes_"], "softmax")])


def line(meta):
    return keras.Sequential([keras.Input((meta["n_features_in_"],)), keras.layers.Dense(1)])


keras.utils.set_random_seed(0)
x, y = load_iris(return_X_y=True)
order = np.random.default_rng(0).permutation(len(x))
x, y = x[order], y[order]
names = np.array(["setosa", "versicolor", "virginica"])[y]
classifier = KerasClassifier(
    network,
    hidden=8,
    loss="sparse_categorical_crossentropy",
    optimizer="adam",
    optimizer__learning_rate=0.02,
    epochs=12,
    verbose=0,
)
pipeline = make_pipeline(StandardScaler(), classifier)
search = GridSearchCV(pipeline, {"kerasclassifier__hidden": [1, 16]}, cv=3).fit(x, names)
print(f"hidden {search.best_params_['kerasclassifier__hidden']}")
print(f"accuracy {search.best_score_:.4f}")
copy = pickle.loads(pickle.dumps(search.best_estimator_))
same = (copy.predict(x) == search.predict(x)).all()
print(f"pickled {same:d}")

target = x @ [1.0, -2.0, 0.5, 3.0] + 1
regressor = KerasRegressor(line, loss="mse", optimizer="adam", verbose=0, epochs=40, batch_size=16)
regressor.set_params(optimizer__learning_rate=0.05)
scores = cross_val_score(make_pipeline(StandardScaler(), regressor), x, target, cv=3)
print(f"r2 {scores.min():.4f}")
