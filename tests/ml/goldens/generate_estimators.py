"""What scikit-learn answers, for the tests of the estimators. Writes estimators.json beside this file."""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

iris, cancer = load_iris(), load_breast_cancer()
rng = np.random.RandomState(4)
X = np.round(rng.randn(120, 6), 4)
y = np.round(3 * X[:, 0] - 2 * X[:, 1] + np.sin(2 * X[:, 2]) * 2 + X[:, 3] * X[:, 4] + 0.3 * rng.randn(120), 4)
deficient = np.column_stack([X[:, :3], X[:, 0] + X[:, 1]])


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return value.item() if isinstance(value, np.generic) else value


def linear(model, features=X):
    model.fit(features, y)
    return {"coefficients": model.coef_, "intercept": model.intercept_, "predictions": model.predict(features[:5])}


def boosted(model, features, target, proba=False):
    model.fit(features, target)
    out = model.predict_proba(features[::10]) if proba else model.predict(features[::10])
    return {"predictions": out, "importances": model.feature_importances_}


tree = DecisionTreeRegressor(max_depth=4, min_samples_leaf=3, random_state=0).fit(X, y)
init = iris.data[[0, 60, 120]]
kmeans = KMeans(3, init=init, n_init=1, tol=1e-4).fit(iris.data)
counts = np.random.RandomState(7).poisson(2, (40, 5))
labels = (counts[:, 0] > counts[:, 1]).astype(int)
gaussian = GaussianNB().fit(iris.data, iris.target)
answer = {
    "version": sklearn.__version__, "X": X, "y": y, "counts": counts, "labels": labels,
    "linear": linear(LinearRegression()), "linearNoIntercept": linear(LinearRegression(fit_intercept=False)),
    "linearDeficient": linear(LinearRegression(), deficient),
    "ridge": linear(Ridge(2.5)), "elasticNet": linear(ElasticNet(0.2, l1_ratio=0.3, tol=1e-12, max_iter=100000)),
    "lasso": linear(Lasso(0.1, tol=1e-12, max_iter=100000)),
    "tree": {"nodes": tree.tree_.node_count, "predictions": tree.predict(X), "importances": tree.feature_importances_},
    "forestScores": [cross_val_score(RandomForestRegressor(50, random_state=s), X, y, cv=3).mean() for s in range(4)],
    "boostedRegressor": boosted(GradientBoostingRegressor(n_estimators=40, random_state=0), X, y),
    "boostedBinary": boosted(GradientBoostingClassifier(n_estimators=20, learning_rate=0.2, random_state=0), X, (y > 0).astype(int), True),
    "boostedMulti": boosted(GradientBoostingClassifier(n_estimators=15, max_depth=2, random_state=0), X, np.digitize(y, [-2, 2]), True),
    "boostedCancer": cross_val_score(GradientBoostingClassifier(random_state=0), cancer.data, cancer.target, cv=3).mean(),
    "kMeans": {"centres": kmeans.cluster_centers_, "labels": kmeans.labels_, "inertia": kmeans.inertia_, "iterations": kmeans.n_iter_,
               "distances": kmeans.transform(iris.data[:3]), "bestInertia": KMeans(3, n_init=10, random_state=0).fit(iris.data).inertia_},
    "gaussian": {"means": gaussian.theta_, "variances": gaussian.var_, "probabilities": gaussian.predict_proba(iris.data[::15])},
    "multinomial": MultinomialNB(alpha=0.5).fit(counts, labels).predict_proba(counts[:6]),
    "neighbours": {w: {"probabilities": KNeighborsClassifier(7, weights=w).fit(iris.data[:, :2] + np.arange(150)[:, None] * 1e-7, iris.target)
                       .predict_proba(iris.data[::15, :2] + 0.05),
                       "predictions": KNeighborsRegressor(4, weights=w).fit(X, y).predict(X[::10] + 0.01)} for w in ("uniform", "distance")},
}
target = pathlib.Path(__file__).with_name("estimators.json")
target.write_text(json.dumps(plain(answer), separators=(",", ":")) + "\n")
print(target, target.stat().st_size, "bytes")
