"""The problems of problems.ts with the real Optuna. Prints one JSON object: problem -> budget -> best value per seed."""
import json
import math
import sys
import time

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
ALPHA = [1, 1.2, 3, 3.2]
A = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
P = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991], [2348, 1451, 3522, 2883, 3047, 6650],
     [4047, 8828, 8732, 5743, 1091, 381]]


def branin(t):
    x, y = t.suggest_float("x", -5, 10), t.suggest_float("y", 0, 15)
    return (y - 5.1 * x * x / (4 * math.pi**2) + 5 * x / math.pi - 6) ** 2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10


def hartmann6(t):
    x = [t.suggest_float(f"x{j}", 0, 1) for j in range(6)]
    return -sum(w * math.exp(-sum(A[i][j] * (x[j] - P[i][j] * 1e-4) ** 2 for j in range(6))) for i, w in enumerate(ALPHA))


def rosenbrock(d):
    def f(t):
        x = [t.suggest_float(f"x{j}", -5, 10) for j in range(d)]
        return sum(100 * (x[i + 1] - x[i] ** 2) ** 2 + (1 - x[i]) ** 2 for i in range(d - 1))
    return f


def mixed(t):
    rate = (math.log10(t.suggest_float("rate", 1e-5, 1, log=True)) + 2.5) ** 2 / 4
    depth = (t.suggest_int("depth", 1, 12) - 7) ** 2 / 36
    kind = t.suggest_categorical("kind", ["tree", "net", "linear"])
    if kind == "tree":
        return 0.2 + rate + depth + (t.suggest_int("leaves", 2, 64, log=True) - 20) ** 2 / 900
    if kind == "net":
        return rate + depth + (t.suggest_float("dropout", 0, 0.9) - 0.3) ** 2 * 4
    return 0.5 + rate + depth


PROBLEMS = {"branin": (branin, [25, 50, 100]), "hartmann6": (hartmann6, [25, 50, 100]), "rosenbrock2": (rosenbrock(2), [50, 100]),
            "rosenbrock5": (rosenbrock(5), [100, 200]), "mixed": (mixed, [50, 100, 200])}
sampler, seeds, only = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
samplers = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler, "cma-es": optuna.samplers.CmaEsSampler,
            "gp": lambda seed: optuna.samplers.GPSampler(seed=seed)}
answer = {}
started = time.perf_counter()
for name, (objective, budgets) in PROBLEMS.items():
    if only and name not in only:
        continue
    best = {budget: [] for budget in budgets}
    for seed in range(seeds):
        study = optuna.create_study(sampler=samplers[sampler](seed=seed))
        study.optimize(objective, n_trials=max(budgets))
        values = [trial.value for trial in study.trials]
        for budget in budgets:
            best[budget].append(min(values[:budget]))
    answer[name] = best
answer["version"], answer["seconds"] = optuna.__version__, time.perf_counter() - started
print(json.dumps(answer))
