"""From a finished run to its page: gathers what report.py shows."""

import platform
from pathlib import Path

import numpy as np

from numink import __version__
from numink.data.digits import Digits
from numink.evaluate.plots import XLabel
from numink.evaluate.report import Outcome, RunReport, render
from numink.model import Model
from numink.nn.layers import Dense, Flatten, Pixels
from numink.scores import Scores, score
from numink.training.state import TrainState


def run_report(
    model: Model, digits: Digits, state: TrainState, all_steps: int, scores: Scores | None, folder: Path
) -> str:
    """The page (HTML) of the run in `folder`. `scores` are those on the test part, where there is one."""
    full_batch = model.recipe.train.batch_size == "all"
    unit: XLabel = "iteration" if full_batch else "epoch"
    done = f"{state.epoch} {unit}s were done" if state.steps < all_steps else f"all {state.epoch} {unit}s were done"
    layers = model.network.layers
    first = next((index for index, layer in enumerate(layers) if not isinstance(layer, Pixels | Flatten)), 0)
    facts = {
        "Parameters": f"{model.theta.size:,}",
        "Training time": f"{state.seconds:.1f} s",
        "Speed": f"{(state.epoch * len(digits.train) + state.seen) / max(state.seconds, 1e-9):,.0f} images/s",
        "Best " + unit: f"{state.best_epoch} of {state.epoch}",
        "Set aside": f"{len(digits.validation):,} validation images",
        "Seed": str(model.facts["seed"]),
        "Data": f"{digits.name} ({digits.fingerprint})",
        "numink": __version__,
        "Machine": f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}",
    }
    return render(
        RunReport(
            title=model.recipe.name,
            trained_on=f"{len(digits.train):,} images of {_name(digits)}",
            facts=facts,
            layers=[f"image {' x '.join(map(str, model.network.in_shape))}", *model.recipe.network.layers],
            history={name: np.array(column) for name, column in state.history.items()},
            x_label=unit,
            stopped=done if state.stop is None else f"{done}: {state.stop}",
            tested=_tested(model, digits, scores),
            weights=model.network.layout.views(model.theta)[first].W if isinstance(layers[first], Dense) else None,
            recipe=model.recipe.to_toml(),
            commands=[
                f"numink test {folder} --show 10",
                f"numink predict {folder} test.csv --format kaggle --output submission.csv",
                f"numink train {model.recipe.name} --set train.epochs=40",
            ],
        )
    )


def _tested(model: Model, digits: Digits, scores: Scores | None) -> Outcome | None:
    part, is_test = (digits.test, True) if scores else (digits.validation, False)
    if part is None or part.labels is None or not len(part):
        return None
    probabilities = model.probabilities(part.images)
    name = f"{_name(digits)}'s test set" if is_test else "the validation images"
    return Outcome(name, is_test, part.images, part.labels, probabilities, scores or score(probabilities, part.labels))


def _name(digits: Digits) -> str:
    return "MNIST" if digits.name == "mnist" else digits.name
