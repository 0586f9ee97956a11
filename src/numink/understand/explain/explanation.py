"""One digit through a network, step by step: all that `numink explain` shows, as numbers.

Forward, every layer's values; the loss for a label; backward, every gradient; one step of gradient descent on this
image alone, and what it changes. Beside it: the pixels that speak for and against, the most similar training digits,
and what would please each class most. explain_page.py, explain_text.py and explain_json.py show it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from numink.data.digits import Part
from numink.evaluate.page import sure
from numink.model import Model, Predictor
from numink.nn.build import written
from numink.nn.layers import Layer
from numink.nn.network import Network
from numink.nn.params import Array, Views
from numink.nn.trace import Trace, names, trace
from numink.understand.explain import dream as dreams
from numink.understand.explain import nearest, saliency

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Step:
    """One layer, with what the one image was before and behind it, without the batch's axis.

    X enters and Z leaves; dX and dZ are the loss's derivatives by them, `p` are the layer's arrays and `g` the
    derivatives by those that are learnt. `of_pixels`: X is one row that holds a number for each pixel.
    """

    name: str
    layer: Layer
    X: Array
    Z: Array
    dX: Array  # noqa: N815 - the derivation's letters
    dZ: Array  # noqa: N815
    p: Views
    g: Views
    of_pixels: bool

    @property
    def learnt(self) -> tuple[str, ...]:
        """The names of what is learnt."""
        return tuple(self.layer.params())


@dataclass(frozen=True, eq=False)
class Update:
    """One step of gradient descent on the one image: theta - rate * gradient (eq. 37), and the network behind it."""

    rate: float
    squared_norm: float
    """Of the gradient: rate times that is what the loss falls by, as far as it is a straight line."""
    probabilities: Array
    loss: float


@dataclass(frozen=True, eq=False)
class Leaning:
    """What speaks for a digit and against it: the lead lost to paper, and its slope, both (28, 28)."""

    digit: int
    lead: float
    occlusion: Array
    gradient: Array


@dataclass(frozen=True, eq=False)
class Explanation:
    """One image uint8 (28, 28) explained. `label` is the answer itself where it is not `known`."""

    model: Model
    image: Array
    label: int
    known: bool
    notes: tuple[str, ...]
    steps: tuple[Step, ...]
    probabilities: Array
    loss: float
    dZ: Array  # noqa: N815
    update: Update
    leanings: tuple[Leaning, ...]
    dream: dreams.Dream
    similar: nearest.Similar | None

    @property
    def answer(self) -> int:
        """What the network reads."""
        return int(self.probabilities.argmax())


def explain(predictor: Predictor, image: Array, label: int | None, training: Part | None, say: Say) -> Explanation:
    """Take an image uint8 (28, 28) apart. `say` hears what is being worked on, often.

    In float64, whatever the model's numbers are: the change that one step makes may be too small for others.

    Without a label the network's own answer takes its place. `training` are labelled digits to look for similar ones
    among. Of an ensemble the first network is explained, and of one with shifts ([use]) the image where it is; the
    notes say so.
    """
    model = predictor.members[0]
    say("taking it through the network")
    (together,) = predictor.probabilities(image[None])
    p = model.network.layout.views(model.theta)
    answer = int(model.network.logits(image[None], p, model.network.worker()).argmax())
    target = np.array([answer if label is None else label])
    network, theta = replace(model.network, dtype="float64"), model.theta.astype(float)
    seen = trace(network, theta, image[None], target)
    probe = saliency.Probe(model)
    leanings = []
    for digit in _asked_for(seen.P[0], int(target[0])):
        say(f"covering parts of it, to see what speaks for a {digit}")
        occlusion = saliency.occlusion(probe, image, digit)
        ahead = float(probe.leads(image[None], np.array([digit]))[0])
        leanings.append(Leaning(digit, ahead, occlusion, saliency.gradient(probe, image, digit)))
    return Explanation(
        model=model,
        image=image,
        label=int(target[0]),
        known=label is not None,
        notes=tuple(_notes(predictor, together)),
        steps=tuple(_steps(model, theta, seen)),
        probabilities=seen.P[0],
        loss=seen.loss,
        dZ=seen.gradients[-1][0],
        update=_update(network, theta, image, target, seen, model.recipe.train.learning_rate),
        leanings=tuple(leanings),
        dream=dreams.dream(model, say),
        similar=None if training is None else nearest.similar(model, image, training, say),
    )


def _steps(model: Model, theta: Array, seen: Trace) -> Iterator[Step]:
    plan, network = model.recipe.network, model.network
    called = names(network, written(plan.layers), plan.activation)
    p, first = network.layout.views(theta), True
    for index, (name, layer) in enumerate(zip(called, network.layers, strict=True)):
        (X,), (Z,), (dX,), (dZ,) = (
            kept[place] for kept in (seen.values, seen.gradients) for place in (index, index + 1)
        )
        yield Step(name, layer, X, Z, dX, dZ, p[index], seen.g[index], first and X.shape == (seen.values[0].size,))
        first = first and not layer.params()


def _update(network: Network, theta: Array, image: Array, target: Array, seen: Trace, rate: float) -> Update:
    """Of what is learnt alone: the running averages of norm stay as they are."""
    size = network.layout.size
    gradient = seen.gradient[:size]
    moved = theta.copy()
    moved[:size] -= rate * gradient  # eq. 37
    after = trace(network, moved, image[None], target)
    return Update(rate, float(gradient @ gradient), after.P[0], after.loss)


def _asked_for(probabilities: Array, label: int) -> tuple[int, int]:
    """The answer, and the label where that is another digit; else what comes second."""
    first, second = (int(digit) for digit in np.argsort(-probabilities, kind="stable")[:2])
    return first, label if label != first else second


def _notes(predictor: Predictor, together: Array) -> Iterator[str]:
    read, most_px = int(together.argmax()), predictor.recipe.use.shifts
    answer = f"{read} ({sure(float(together[read]))})"
    if len(predictor.members) > 1:
        yield f"The model is {len(predictor.members)} networks, which together read {answer}. Explained is the first."
    elif most_px:
        yield (
            f"In use, this model answers with the mean over the image moved by up to {most_px} px each way, and reads "
            f"{answer}. Explained is the image where it is."
        )
