"""From a finished run to its page: gathers what report.py shows."""

import platform
from math import prod
from pathlib import Path
from shlex import quote

import numpy as np

from numink import __version__, models
from numink.data import drawn
from numink.data.digits import Digits
from numink.data.sources import is_strokes
from numink.evaluate.page import listed
from numink.evaluate.plots import XLabel
from numink.evaluate.report import Outcome, RunReport, render
from numink.model import Model
from numink.nn.build import written
from numink.nn.layers import Dense
from numink.nn.maps import Conv2d
from numink.nn.params import Array
from numink.recipe import Recipe
from numink.scores import Scores, score
from numink.training.state import TrainState


def run_report(
    model: Model,
    digits: Digits,
    state: TrainState,
    all_steps: int,
    images_per_second: int,
    scores: Scores | None,
    folder: Path,
) -> str:
    """The page (HTML) of the run in `folder`. `scores` are those on the test part, where there is one."""
    full_batch = model.recipe.train.batch_size == "all"
    unit: XLabel = "iteration" if full_batch else "epoch"
    done = f"the one {unit} was done" if state.epoch == 1 else f"{state.epoch} {unit}s were done"
    if state.steps == all_steps and state.epoch > 1:
        done = f"all {done}"
    facts = {
        "Parameters": f"{model.parameters:,}",
        "Training time": f"{state.seconds:.1f} s",
        "Speed": f"{images_per_second:,} images/s",
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
            trained_on=_trained_on(digits),
            facts=facts,
            layers=[f"image {' x '.join(map(str, model.network.in_shape))}", *written(model.recipe.network.layers)],
            history={name: np.array(column) for name, column in state.history.items()},
            x_label=unit,
            stopped=done if state.stop is None else f"{done}: {state.stop}",
            tested=_tested(model, digits, scores),
            weights=_first_weights(model),
            recipe=model.recipe.to_toml(),
            commands=next_commands(folder, model.recipe),
        )
    )


def next_commands(folder: Path, recipe: Recipe, program: str = "numink") -> list[str]:
    """Three commands to try after the run in `folder`: what learned what is no digit is there to read pictures."""
    run, source = quote(models.as_argument(folder)), quote(recipe.data.sources[0])
    if any(name.split()[0] == "non-digits" for name in recipe.data.sources):
        first = [f"{program} read PICTURE --model {run}", f"{program} calibrate {run}"]
        return [*first, f"{program} test {run} --show 10"]
    return [
        f"{program} test {run} --show 10",
        f"{program} predict {run} {source} --output answers.csv",
        f"{program} train --from {run} --set train.learning_rate={recipe.train.learning_rate / 10:g}",
    ]


def _tested(model: Model, digits: Digits, scores: Scores | None) -> Outcome | None:
    part, is_test = (digits.test, True) if scores else (digits.validation, False)
    if part is None or part.labels is None or not len(part := part.digits_alone):
        return None
    assert part.labels is not None
    probabilities = model.probabilities(part.images)
    name = f"the test images of {_name(digits.main_source)}" if is_test else "the validation images"
    scores = scores or score(probabilities, part.labels)
    return Outcome(name, is_test, part.images, part.labels, probabilities, scores, is_strokes(digits.main_source))


def _first_weights(model: Model) -> Array | None:
    """What each unit of the first layer looks for (height, width, units); None where that is no picture."""
    network = model.network
    layers = zip(network.layers, network.shapes, network.layout.views(model.theta), strict=False)
    first, shape, p = next(layer for layer in layers if layer[0].params())  # dropout and the like may stand before it
    W: Array | None = None
    if isinstance(first, Conv2d) and first.channels_in == 1 and max(first.kernel) <= 3 * min(first.kernel):
        W = p.W[:, :, 0]
    elif isinstance(first, Dense) and shape == (prod(network.in_shape),):
        W = p.W.reshape(*network.in_shape, -1)
    return W


def _trained_on(digits: Digits) -> str:
    """Images and sources, and why these."""
    learned = listed([f"{count:,} images of {_name(source)}" for source, count in digits.sources.items()])
    return f"{learned}, because {digits.reason}" if digits.reason else learned


def _name(source: str) -> str:
    match drawn.kind_of(source):
        case drawn.STROKES:
            return "strokes (digits that numink draws)"
        case drawn.NON_DIGITS:
            return "what is no digit (drawn by numink too)"
        case _:
            return "MNIST" if source == "mnist" else source
