"""The steps of ml_pipeline.py: frames in files of `data/`, results in PostgreSQL."""
import json
from datetime import datetime

import joblib
import pandas as pd
from airflow.providers.postgres.hooks.postgres import PostgresHook
from sklearn.datasets import load_breast_cancer
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

FRAMES = ("x_train", "x_test", "y_train", "y_test")


def load_data():
    source = load_breast_cancer()
    table = pd.DataFrame(source.data, columns=[name.replace(" ", "_") for name in source.feature_names])
    table["label"] = source.target
    table.to_csv("data/breast_cancer.csv", index=False)


def preprocess_data(ti):
    table = pd.read_csv("data/breast_cancer.csv").dropna()
    parts = train_test_split(table.drop(columns="label"), table["label"], test_size=0.25, random_state=1)
    for name, part in zip(FRAMES, parts):
        part.to_csv(f"data/cancer_{name}.csv", index=False)
    ti.xcom_push(key="rows", value=len(table))


def save_batch_data(ti):
    table = pd.read_csv("data/cancer_x_train.csv").iloc[:, :5]
    table["stored_at"] = datetime.now()
    print(f"{ti.xcom_pull(task_ids='preparing_data.preprocessing', key='rows')} rows, {len(table)} of them for training")
    engine = PostgresHook(postgres_conn_id="postgres_default").get_sqlalchemy_engine()
    table.to_sql("batch_data", engine, if_exists="replace", index=False)


def experiment():
    """Searches components and strength of regularisation; the best of them is the task's value."""
    x_train = pd.read_csv("data/cancer_x_train.csv")
    y_train = pd.read_csv("data/cancer_y_train.csv").values.ravel()
    model = Pipeline([("scale", StandardScaler()), ("pca", PCA()), ("model", LogisticRegression(max_iter=500))])
    grid = {"pca__n_components": [4, 8], "model__C": [0.1, 1.0, 10.0]}
    search = GridSearchCV(model, grid, cv=3, scoring="accuracy").fit(x_train, y_train)
    return {**search.best_params_, "score": float(search.best_score_)}


def track_experiments_info(ti):
    best = ti.xcom_pull(task_ids="hyperparam_tuning")
    hook = PostgresHook(postgres_conn_id="postgres_default")
    hook.insert_rows(
        "experiments",
        [(best["pca__n_components"], best["model__C"], best["score"])],
        target_fields=["n_components", "strength", "score"],
    )


def fit_best_model(best_params):
    best = json.loads(best_params)
    x_train, x_test = pd.read_csv("data/cancer_x_train.csv"), pd.read_csv("data/cancer_x_test.csv")
    y_train, y_test = (pd.read_csv(f"data/cancer_{name}.csv").values.ravel() for name in ("y_train", "y_test"))
    model = Pipeline(
        [
            ("scale", StandardScaler()),
            ("pca", PCA(n_components=best["pca__n_components"])),
            ("model", LogisticRegression(max_iter=500, C=best["model__C"])),
        ]
    ).fit(x_train, y_train)
    joblib.dump(model, "data/cancer_model.pkl")
    return model.score(x_test, y_test)
