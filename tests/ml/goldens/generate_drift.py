"""What Evidently answers about samples of a generator that the tests have as well. Writes drift.json."""
import json
import math
import pathlib

import evidently
import numpy as np
import pandas as pd
from evidently.legacy.calculations.stattests import get_stattest
from evidently.legacy.core import ColumnType


def uniforms(seed, n):
    state, values = seed, []
    for _ in range(n):
        state = (1664525 * state + 1013904223) % 2**32
        values.append((state + 0.5) / 2**32)
    return values


def normal(seed, n, mean=0.0, deviation=1.0):
    u, values = uniforms(seed, n), []
    for a, b in zip(u[::2], u[1::2]):
        r = math.sqrt(-2 * math.log(a))
        values += [r * math.cos(2 * math.pi * b), r * math.sin(2 * math.pi * b)]
    return [round(mean + deviation * v, 6) for v in values[:n]]


def choice(seed, n, labels, shares):
    bounds = np.cumsum(shares)
    return [labels[int(np.searchsorted(bounds, u))] for u in uniforms(seed, n)]


cases = {
    "same": ("num", normal(1, 500), normal(2, 500)), "shifted": ("num", normal(1, 500), normal(3, 500, 0.3)),
    "wider": ("num", normal(1, 500), normal(4, 500, 0, 1.5)), "unequal": ("num", normal(1, 400), normal(3, 250, 0.1)),
    "large": ("num", normal(5, 5000), normal(6, 5000, 0.1)), "largeSame": ("num", normal(5, 5000), normal(7, 5000)),
    "abc": ("cat", choice(11, 500, "abc", [.5, .3, .2]), choice(12, 500, "abc", [.4, .35, .25])),
    "binary": ("cat", choice(14, 500, [1, 0], [.3, .7]), choice(15, 500, [1, 0], [.4, .6])),
    "newCategory": ("cat", choice(11, 500, "abc", [.5, .3, .2]), choice(13, 500, "abd", [.5, .3, .2])),
    "few": ("num", [float(v) for v in choice(21, 300, [1, 2, 3], [.2, .5, .3])], [float(v) for v in choice(22, 300, [1, 2, 3], [.3, .4, .3])]),
}
numeric = ["psi", "kl_div", "jensenshannon", "hellinger", "wasserstein", "ed", "ks", "t_test"]
categorical = ["psi", "kl_div", "jensenshannon", "hellinger", "chisquare"]
answer = {"version": evidently.__version__, "cases": {}}
for name, (kind, reference, current) in cases.items():
    r, c = pd.Series(reference), pd.Series(current)
    type_ = ColumnType.Numerical if kind == "num" else ColumnType.Categorical
    scores = {}
    for test in numeric if kind == "num" else categorical + (["z", "fisher_exact"] if name == "binary" else []):
        result = get_stattest(r, c, type_, test)(r, c, type_, None)
        scores[test] = [float(result.drift_score), bool(result.drifted)]
    chosen = get_stattest(r, c, type_, None)
    answer["cases"][name] = {"kind": kind, "scores": scores, "default": chosen.name, "drifted": bool(chosen(r, c, type_, None).drifted)}
    if name in ("abc", "binary", "newCategory", "few"):
        answer["cases"][name].update(reference=reference, current=current)
target = pathlib.Path(__file__).with_name("drift.json")
target.write_text(json.dumps(answer, separators=(",", ":")) + "\n")
print(json.dumps({k: (v["default"], v["drifted"], v["scores"]) for k, v in answer["cases"].items()})[:1500])
