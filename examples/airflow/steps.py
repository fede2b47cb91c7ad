"""The steps of pipeline.py. Paths are relative to the folder in which Tradewind was started."""
import joblib
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split

PARTS = ("X_train", "X_test", "y_train", "y_test")


def save_iris_data():
    iris = load_iris()
    table = pd.DataFrame(iris.data, columns=iris.feature_names)
    table["target"] = iris.target
    table.to_csv("data/iris.csv", index=False)


def preprocess_data():
    table = pd.read_csv("data/iris.csv")
    features, target = table.drop("target", axis=1), table["target"]
    split = train_test_split(features, target, test_size=0.2, random_state=42)
    for name, part in zip(PARTS, split):
        part.to_csv(f"data/{name}.csv", index=False)


def train_model():
    features = pd.read_csv("data/X_train.csv")
    target = pd.read_csv("data/y_train.csv").values.ravel()
    model = RandomForestClassifier(n_estimators=100)
    model.fit(features, target)
    joblib.dump(model, "data/model.pkl")


def evaluate_model():
    features = pd.read_csv("data/X_test.csv")
    target = pd.read_csv("data/y_test.csv").values.ravel()
    accuracy = accuracy_score(target, joblib.load("data/model.pkl").predict(features))
    with open("data/accuracy.txt", "w") as file:
        file.write(f"Accuracy: {accuracy}")
