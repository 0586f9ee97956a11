"""One digit through a network, step by step: all that `numink explain` shows, as numbers.

Forward, every layer's values; the loss for a label; backward, every gradient; one step of gradient descent on this
image alone, and what it changes. Beside it: the pixels that speak for and against, the most similar digits of the
training part, and what would please each class most. page.py, text.py and as_json.py show it.
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
    """One image uint8 (28, 28) explained.

    The model's own answer is `together` (classes,): of all its networks, and all moves of the image. What is explained
    is one look, that of `model` at the image where it is: `probabilities` (classes,) and all else. `label` is what the
    loss is for; `truth` is what the source says that it is, and right or wrong goes by that alone.
    """

    model: Model
    image: Array
    truth: int | None
    label: int
    together: Array
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
        """What the model reads."""
        return int(self.together.argmax())

    @property
    def look(self) -> int:
        """What the look that is explained reads, by itself."""
        return int(self.probabilities.argmax())

    @property
    def label_is(self) -> str:
        """What `label` is: what the source says, the model's answer where it says nothing, or what was asked for."""
        if self.label == self.truth:
            return "the label"
        return "its own answer" if self.truth is None and self.label == self.answer else "as asked"

    @property
    def right(self) -> bool | None:
        """Whether the model's answer is what the source says; None where it says nothing."""
        return None if self.truth is None else self.answer == self.truth


def explain(
    predictor: Predictor, image: Array, truth: int | None, training: Part | None, say: Say, asked: int | None = None
) -> Explanation:
    """Take an image uint8 (28, 28) apart. `say` hears what is being worked on, often.

    In float64, whatever the model's numbers are: the change that one step makes may be too small for others.

    The loss is for the label that is `asked` for, else for the `truth`, else for the model's own answer. `training` are
    labelled digits to look for similar ones among. Of an ensemble the first network is explained, and of one with
    shifts ([use]) the image where it is; the notes say so, and what that look says.
    """
    model = predictor.members[0]
    say("taking it through the network")
    (together,) = predictor.probabilities(image[None])
    answer = int(together.argmax())
    target = np.array([next(label for label in (asked, truth, answer) if label is not None)])
    network, theta = replace(model.network, dtype="float64"), model.theta.astype(float)
    seen = trace(network, theta, image[None], target)
    probe = saliency.Probe(model)
    leanings = []
    for digit in _spoken_for(answer, seen.P[0], int(target[0])):
        say(f"covering parts of it, to see what speaks for a {digit}")
        occlusion = saliency.occlusion(probe, image, digit)
        ahead = float(probe.leads(image[None], np.array([digit]))[0])
        leanings.append(Leaning(digit, ahead, occlusion, saliency.gradient(probe, image, digit)))
    return Explanation(
        model=model,
        image=image,
        truth=truth,
        label=int(target[0]),
        together=together,
        notes=tuple(_notes(predictor, together, seen.P[0], truth, asked)),
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


def _spoken_for(answer: int, look: Array, label: int) -> tuple[int, ...]:
    """The model's answer, that of the look, and the label: two digits at least, if need be the look's second choice."""
    first, second = (int(digit) for digit in np.argsort(-look, kind="stable")[:2])
    digits = tuple(dict.fromkeys((answer, first, label)))
    return digits if len(digits) > 1 else (first, second)


def _notes(predictor: Predictor, together: Array, look: Array, truth: int | None, asked: int | None) -> Iterator[str]:
    networks, most_px = len(predictor.members), predictor.members[0].recipe.use.shifts
    answer, read = int(together.argmax()), int(look.argmax())
    one = "the first network" if networks > 1 else "one look"
    where = f"{' and' if networks > 1 else ','} the image where it is" if most_px else ""
    means = [f"{networks} networks"] if networks > 1 else []
    means += [f"{(2 * most_px + 1) ** 2} looks, the image moved by up to {most_px} px each way"] if most_px else []
    if means:
        says = f"by itself it reads {read}{' too' if read == answer else f', not {answer}'}"
        yield (
            f"The model's answer is the mean of {' and of '.join(means)}. Explained step by step is {one}{where}: "
            f"{says}, {sure(float(look[read]))} sure."
        )
    if asked is not None:
        yield f"Explained for the label {asked}, as asked."
    elif truth is None:
        yield f"No label came with it, so the model's own answer, {answer}, is taken for the label below."
