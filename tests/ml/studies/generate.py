"""What Optuna answers, for the tests of pruners and of the Parzen estimator. Run with Optuna 5; writes optuna.json."""
import json
import math
import pathlib

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters

optuna.logging.set_verbosity(optuna.logging.ERROR)


def curve(trial, step):
    level = ((trial * 37) % 23) / 23
    return level + math.exp(-step / 5) * (1 + ((trial * 11) % 7) / 7) + 0.05 * math.sin(trial * step)


def pruned_at(pruner, direction):
    study = optuna.create_study(study_name="curves", pruner=pruner, direction=direction, sampler=optuna.samplers.RandomSampler(seed=0))
    ends = []
    for number in range(40):
        trial = study.ask()
        end = None
        for step in range(27):
            trial.report(curve(number, step) * (-1 if direction == "maximize" else 1), step)
            if trial.should_prune():
                end = step
                break
        study.tell(trial, state=optuna.trial.TrialState.PRUNED) if end is not None else study.tell(trial, curve(number, 26))
        ends.append(end)
    return ends


def parzen(multivariate):
    space = {"x": FloatDistribution(-2, 3), "rate": FloatDistribution(1e-4, 1, log=True), "step": FloatDistribution(0, 1, step=0.25),
             "n": IntDistribution(1, 9, step=2), "units": IntDistribution(8, 512, log=True), "kind": CategoricalDistribution(["a", "b", "c"])}
    rng = np.random.RandomState(3)
    # No value twice: NumPy does not say in which order it sorts equal ones, and so which of them gets which width.
    rows = 5
    observations = {"x": np.round(rng.uniform(-2, 3, rows), 3), "rate": np.round(np.exp(rng.uniform(math.log(1e-4), 0, rows)), 6),
                    "step": rng.permutation(5) * 0.25, "n": 1.0 + 2 * rng.permutation(5),
                    "units": rng.randint(8, 513, rows).astype(float), "kind": rng.randint(0, 3, rows).astype(float)}
    parameters = _ParzenEstimatorParameters(prior_weight=1.0, consider_magic_clip=True, consider_endpoints=False,
                                            weights=lambda n: np.ones(n), multivariate=multivariate)
    names = list(space) if multivariate else ["x"]
    estimator = _ParzenEstimator({n: observations[n] for n in names}, {n: space[n] for n in names}, parameters)
    points = {n: np.concatenate([observations[n][:3], observations[n][4:] if n == "kind" else observations[n][4:]]) for n in names}
    return {"observations": {n: list(map(float, v)) for n, v in observations.items()}, "names": names,
            "points": {n: list(map(float, v)) for n, v in points.items()}, "logDensity": list(map(float, estimator.log_pdf(points)))}


answer = {
    "version": optuna.__version__,
    "curves": [[curve(t, s) for s in range(27)] for t in range(40)],
    "pruned": {
        "median": pruned_at(optuna.pruners.MedianPruner(), "minimize"),
        "percentile": pruned_at(optuna.pruners.PercentilePruner(25, n_startup_trials=3, n_warmup_steps=4, interval_steps=3), "minimize"),
        "medianMaximize": pruned_at(optuna.pruners.MedianPruner(), "maximize"),
        "halving": pruned_at(optuna.pruners.SuccessiveHalvingPruner(), "minimize"),
        "halvingFrom2": pruned_at(optuna.pruners.SuccessiveHalvingPruner(min_resource=2, reduction_factor=3, min_early_stopping_rate=1), "maximize"),
        "hyperband": pruned_at(optuna.pruners.HyperbandPruner(min_resource=1, max_resource=27, reduction_factor=3), "minimize"),
        "hyperbandAuto": pruned_at(optuna.pruners.HyperbandPruner(), "minimize"),
    },
    "parzen": {"joint": parzen(True), "single": parzen(False)},
}
target = pathlib.Path(__file__).with_name("optuna.json")
target.write_text(json.dumps(answer, separators=(",", ":")) + "\n")
print(target, target.stat().st_size, "bytes")
