"""What scikit-learn answers, for the tests of preparation and feature selection. Writes preparation.json."""
import json
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import load_iris
from sklearn.feature_extraction import FeatureHasher
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import RFE, SequentialFeatureSelector, chi2, f_classif, f_regression
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import (KBinsDiscretizer, MaxAbsScaler, OneHotEncoder, OrdinalEncoder, PowerTransformer, QuantileTransformer,
                                   RobustScaler, TargetEncoder)

iris = load_iris()
nan = float("nan")
X = np.array([[1.0, 2.0, nan], [3.0, nan, 4.0], [nan, 6.0, 5.0], [8.0, 8.0, 7.0], [3.0, 1.0, nan], [2.5, 2.0, 9.0]])
colours = np.array([["red"], ["green"], ["red"], ["blue"], ["green"], ["red"], ["blue"], ["red"], ["green"], ["blue"]], dtype=object)
y = np.array([1.0, 3.5, 2.0, 7.0, 2.5, 0.5, 6.0, 1.5, 4.0, 8.0])
texts = ["The cat sat on the mat.", "A dog and a cat", "Dogs, dogs and DOGS!", "mat 42 mat"]


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, float) and np.isnan(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


logistic = LogisticRegression(max_iter=1000)
answer = {
    "version": sklearn.__version__, "X": X, "colours": colours[:, 0], "y": y, "texts": texts,
    "impute": {s: SimpleImputer(strategy=s, fill_value=-1 if s == "constant" else None, add_indicator=True).fit_transform(X)
               for s in ("mean", "median", "most_frequent", "constant")},
    "knn": {w: KNNImputer(n_neighbors=2, weights=w).fit_transform(X) for w in ("uniform", "distance")},
    "robust": RobustScaler().fit_transform(iris.data)[:5], "maxAbs": MaxAbsScaler().fit_transform(iris.data - 3)[:5],
    "power": {m: PowerTransformer(m).fit(iris.data).transform(iris.data[::10]) for m in ("yeo-johnson", "box-cox")},
    "quantile": {o: QuantileTransformer(n_quantiles=20, output_distribution=o).fit(iris.data).transform(np.vstack([iris.data[::10], [[0.0] * 4, [9.0] * 4]]))
                 for o in ("uniform", "normal")},
    "hash": {str(s): FeatureHasher(8, input_type="dict", alternate_sign=s).transform([{"0": c} for c in [*colours[:, 0], "größer"]]).toarray() for s in (True, False)},
    "bins": {s: KBinsDiscretizer(4, encode="ordinal", strategy=s, quantile_method="linear").fit_transform(iris.data) for s in ("uniform", "quantile")} if True else None,
    "oneHot": OneHotEncoder(sparse_output=False, handle_unknown="ignore").fit(colours).transform([["blue"], ["pink"], ["red"]]),
    "ordinal": OrdinalEncoder().fit_transform(colours),
    "target": {str(s): TargetEncoder(smooth=s, target_type="continuous").fit(colours, y).transform(np.array([["red"], ["green"], ["blue"], ["pink"]], dtype=object))
               for s in ("auto", 3.0)},
    "count": {"vocabulary": CountVectorizer().fit(texts).get_feature_names_out(), "counts": CountVectorizer().fit_transform(texts).toarray()},
    "tfidf": {"plain": TfidfVectorizer().fit_transform(texts).toarray(),
              "pairs": TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True).fit_transform(texts).toarray()},
    "fClassif": f_classif(iris.data, iris.target)[0], "chi2": chi2(iris.data, iris.target)[0],
    "fRegression": f_regression(iris.data[:, :3], iris.data[:, 3])[0],
    "rfe": RFE(logistic, n_features_to_select=2).fit(iris.data, iris.target).ranking_,
    "forward": SequentialFeatureSelector(logistic, n_features_to_select=2).fit(iris.data, iris.target).get_support(indices=True),
    "backward": SequentialFeatureSelector(logistic, n_features_to_select=2, direction="backward").fit(iris.data, iris.target).get_support(indices=True),
}
target = pathlib.Path(__file__).with_name("preparation.json")
target.write_text(json.dumps(plain(answer), separators=(",", ":")) + "\n")
print(target, target.stat().st_size, "bytes")
