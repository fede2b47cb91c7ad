"""A logistic regression that tells who clicks. Reads `data/advertising.csv`; where there is none, invents the rows."""
import os

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler, StandardScaler

SOURCE = "data/advertising.csv"
TEXTS = ["Timestamp", "Clicked on Ad", "Ad Topic Line", "Country", "City"]
SCALED = ["Daily Time Spent on Site", "Age", "Area Income", "Daily Internet Usage", "Male"]


def load_data():
    """The log of clicks; rows travel to the next task as they are."""
    if os.path.exists(SOURCE):
        return pd.read_csv(SOURCE).to_dict(orient="records")
    rng = np.random.default_rng(7)
    clicked = rng.integers(0, 2, 600)
    rows = pd.DataFrame(
        {
            "Daily Time Spent on Site": rng.normal(78 - 25 * clicked, 9).round(2),
            "Age": rng.normal(31 + 9 * clicked, 6).round().astype(int),
            "Area Income": rng.normal(62_000 - 14_000 * clicked, 9_000).round(2),
            "Daily Internet Usage": rng.normal(215 - 70 * clicked, 22).round(2),
            "Male": rng.integers(0, 2, 600),
            "Clicked on Ad": clicked,
        }
    )
    return rows.to_dict(orient="records")


def data_preprocessing(rows):
    """Train and test, scaled; texts are left out."""
    table = pd.DataFrame(rows)
    target = table["Clicked on Ad"]
    features = table.drop(columns=[name for name in TEXTS if name in table])
    split = train_test_split(features, target, test_size=0.3, random_state=42)
    scale = make_column_transformer(
        (MinMaxScaler(), ["Age", "Male"]), (StandardScaler(), [name for name in SCALED if name not in ("Age", "Male")])
    )
    return {
        "x_train": scale.fit_transform(split[0]).tolist(),
        "x_test": scale.transform(split[1]).tolist(),
        "y_train": split[2].tolist(),
        "y_test": split[3].tolist(),
    }


def separate_data_outputs(data):
    return {"train": [data["x_train"], data["y_train"]], "test": [data["x_test"], data["y_test"]]}


def build_model(data, filename):
    os.makedirs(os.path.dirname(filename), exist_ok=True)
    features, target = data["train"]
    joblib.dump(LogisticRegression().fit(features, target), filename)


def load_model(data, filename):
    """The accuracy of the stored model on the rows that it has not seen."""
    features, target = data["test"]
    accuracy = joblib.load(filename).score(features, target)
    print(f"Model score on test data: {accuracy}")
    return accuracy
