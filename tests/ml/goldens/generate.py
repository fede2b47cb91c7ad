"""Writes scikit-learn.json beside itself: what the real scikit-learn answers, for the tests of src/ml to compare with.

Run with scikit-learn 1.9 in a virtual environment of its own:
    python -m venv /tmp/sklearn && /tmp/sklearn/bin/pip install scikit-learn==1.9.1 && /tmp/sklearn/bin/python generate.py
"""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score, average_precision_score, brier_score_loss, confusion_matrix, f1_score, log_loss,
    matthews_corrcoef, mean_absolute_error, mean_squared_error, precision_score, r2_score, recall_score,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

iris = load_iris()
cancer = load_breast_cancer()


def plain(value):
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    return value


def random_state():
    rng = np.random.RandomState(42)
    draws = {"uint32": [int(v) for v in rng.randint(0, 2**32, size=5, dtype=np.uint32)]}
    rng = np.random.RandomState(42)
    draws["uniform"] = rng.random_sample(5)
    draws["gauss"] = rng.randn(5)
    draws["permutation"] = rng.permutation(20)
    draws["choice"] = rng.choice([10, 20, 30, 40, 50], size=3, replace=False)
    draws["permutationOf1000"] = np.random.RandomState(4294967295).permutation(1000)
    return draws


def splits():
    rows = np.arange(150)
    uneven = np.array([5, 3, 3, 5, 9, 5, 3, 9, 5, 5, 3, 5, 9, 5, 5, 3, 3, 9, 5, 5, 3, 9, 5])
    pair = lambda parts: {"train": parts[0], "test": parts[1]}
    folds = lambda found: [pair(fold) for fold in found]
    return {
        "plain": pair(train_test_split(rows, test_size=0.2, random_state=42)),
        "byCount": pair(train_test_split(rows, test_size=17, train_size=0.5, random_state=7)),
        "stratified": pair(train_test_split(rows, test_size=0.2, random_state=42, stratify=iris.target)),
        "uneven": uneven,
        "unevenStratified": pair(
            train_test_split(np.arange(23), test_size=0.3, random_state=3, stratify=uneven)
        ),
        "kFold": folds(KFold(4).split(np.arange(23))),
        "kFoldShuffled": folds(KFold(4, shuffle=True, random_state=11).split(np.arange(23))),
        "stratifiedKFold": folds(StratifiedKFold(3).split(uneven, uneven)),
        "stratifiedKFoldShuffled": folds(StratifiedKFold(3, shuffle=True, random_state=5).split(uneven, uneven)),
    }


def logistic():
    def one(X, y, **options):
        model = LogisticRegression(**options).fit(X, y)
        return {
            "options": {"C": options.get("C", 1), "tol": options.get("tol", 1e-4), "maxIter": options.get("max_iter", 100),
                        "fitIntercept": options.get("fit_intercept", True)},
            "coefficients": model.coef_, "intercepts": model.intercept_, "iterations": model.n_iter_[0],
            "firstProbabilities": model.predict_proba(X[:5]),
        }

    scaled = StandardScaler().fit_transform(cancer.data)
    iris_scaled = StandardScaler().fit_transform(iris.data)
    return {
        "binary": one(scaled, cancer.target),
        "binaryTight": one(scaled, cancer.target, C=0.1, tol=1e-8, max_iter=1000),
        "binaryNoIntercept": one(scaled, cancer.target, fit_intercept=False, C=10),
        "multinomial": one(iris_scaled, iris.target),
        "multinomialTight": one(iris_scaled, iris.target, C=10, tol=1e-8, max_iter=1000),
        "multinomialRaw": one(iris.data, iris.target, max_iter=1000, tol=1e-7),
    }


def holdout():
    """The golden numbers of the reference: first 400 rows train, last 169 test."""
    model = Pipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
    model.fit(cancer.data[:400], cancer.target[:400])
    y, p = cancer.target[400:], model.predict(cancer.data[400:])
    s = model.predict_proba(cancer.data[400:])
    return {
        "accuracy": accuracy_score(y, p), "precision": precision_score(y, p), "recall": recall_score(y, p),
        "f1": f1_score(y, p), "auc": roc_auc_score(y, s[:, 1]), "logLoss": log_loss(y, s),
        "brier": brier_score_loss(y, s[:, 1]), "mcc": matthews_corrcoef(y, p),
        "averagePrecision": average_precision_score(y, s[:, 1]), "confusion": confusion_matrix(y, p),
    }


def metrics():
    rng = np.random.RandomState(0)
    y = rng.randint(0, 3, 60)
    p = np.where(rng.random_sample(60) < 0.6, y, rng.randint(0, 3, 60))
    proba = rng.dirichlet([1, 1, 1], 60)
    ties = np.round(rng.random_sample(60), 1)
    binary = (y > 0).astype(int)
    truth, guess = rng.randn(40), rng.randn(40)
    averages = {
        name: {average: score(y, p, average=average) for average in ("macro", "micro", "weighted")}
        for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score))
    }
    return {
        "y": y, "predicted": p, "probabilities": proba, "ties": ties, "binary": binary, "truth": truth, "guess": guess,
        **averages, "confusion": confusion_matrix(y, p), "mcc": matthews_corrcoef(y, p), "logLoss": log_loss(y, proba),
        "aucOvr": roc_auc_score(y, proba, multi_class="ovr"),
        "aucOvrWeighted": roc_auc_score(y, proba, multi_class="ovr", average="weighted"),
        "aucTies": roc_auc_score(binary, ties), "averagePrecisionTies": average_precision_score(binary, ties),
        "r2": r2_score(truth, guess), "mse": mean_squared_error(truth, guess), "mae": mean_absolute_error(truth, guess),
    }


def decomposition():
    scaled = StandardScaler().fit_transform(cancer.data)
    model = PCA(n_components=5, svd_solver="full").fit(scaled)
    small = PCA().fit(iris.data[:3])
    return {
        "components": model.components_, "explainedVariance": model.explained_variance_,
        "explainedVarianceRatio": model.explained_variance_ratio_, "singularValues": model.singular_values_,
        "firstRows": model.transform(scaled[:3]),
        "wide": {"components": small.components_[:2], "singularValues": small.singular_values_[:2]},
    }


def trees():
    tree = DecisionTreeClassifier(random_state=0).fit(iris.data, iris.target)
    points = np.round(np.random.RandomState(1).randn(150, 4), 4)
    labels = (points[:, 0] + points[:, 1] ** 2 + np.random.RandomState(2).randn(150) / 2 > 1).astype(int)
    shallow = DecisionTreeClassifier(max_depth=5, min_samples_leaf=5, random_state=0).fit(points, labels)
    X, x, y, t = train_test_split(iris.data, iris.target, test_size=0.2, random_state=42)
    forest = RandomForestClassifier(100, random_state=42).fit(X, y)
    scores = [cross_val_score(RandomForestClassifier(100, random_state=s), cancer.data, cancer.target).mean() for s in range(5)]
    return {
        "irisTree": {"nodes": tree.tree_.node_count, "depth": tree.get_depth()},
        "shallow": {"nodes": shallow.tree_.node_count, "points": points, "labels": labels,
                    "importances": shallow.feature_importances_, "probabilities": shallow.predict_proba(points)},
        "irisForestAccuracy": forest.score(x, t),
        "irisForestImportances": RandomForestClassifier(500, random_state=0).fit(iris.data, iris.target).feature_importances_,
        "cancerForestScores": scores,
    }


def search():
    model = Pipeline([("scale", StandardScaler()), ("pca", PCA()), ("model", LogisticRegression())])
    grid = {"pca__n_components": [1, 2, 3, 4], "model__C": [0.1, 1.0]}
    found = GridSearchCV(model, grid, cv=3).fit(iris.data, iris.target)
    cancer_model = GridSearchCV(model, {"pca__n_components": list(range(1, 30))}, cv=3).fit(cancer.data, cancer.target)
    results = found.cv_results_
    return {
        "params": [{"model__C": p["model__C"], "pca__nComponents": p["pca__n_components"]} for p in results["params"]],
        "splits": [results[f"split{i}_test_score"] for i in range(3)],
        "mean": results["mean_test_score"], "std": results["std_test_score"], "rank": results["rank_test_score"],
        "best": found.best_index_,
        "cancer": {"mean": cancer_model.cv_results_["mean_test_score"], "best": cancer_model.best_params_["pca__n_components"],
                   "rank": cancer_model.cv_results_["rank_test_score"]},
        "crossValScore": cross_val_score(model, iris.data, iris.target, scoring="neg_log_loss"),
    }


def scalers():
    X = np.array([[1.0, 10.0, 3.0], [2.0, 10.0, -4.0], [4.0, 10.0, 0.5], [9.5, 10.0, 7.25]])
    minmax = MinMaxScaler(feature_range=(-1, 2)).fit(X)
    return {
        "X": X, "standard": StandardScaler().fit_transform(X), "minmax": minmax.transform(X),
        "irisStandard": StandardScaler().fit_transform(iris.data)[0], "irisMinMax": MinMaxScaler().fit_transform(iris.data)[0],
    }


goldens = {"version": sklearn.__version__, "randomState": random_state(), "splits": splits(), "scalers": scalers(),
           "logistic": logistic(), "holdout": holdout(), "metrics": metrics(), "pca": decomposition(), "trees": trees(),
           "search": search()}
target = pathlib.Path(__file__).with_name("scikit-learn.json")
target.write_text(json.dumps(plain(goldens), separators=(",", ":")) + "\n")
print(target, target.stat().st_size, "bytes")
