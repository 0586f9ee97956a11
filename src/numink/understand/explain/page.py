"""The page of an explanation."""

from dataclasses import dataclass

from numink.data.digits import PIXELS, SIDE_PX
from numink.evaluate.page import listed, page, picture
from numink.nn.layers import Dense, Flatten, Layer
from numink.nn.maps import Conv2d, Maps
from numink.nn.params import Array
from numink.understand.explain import equations
from numink.understand.explain.dream import STEPS
from numink.understand.explain.equations import Lore
from numink.understand.explain.explanation import Explanation, Step
from numink.understand.explain.one_image import Picked
from numink.understand.explain.pictures import Shown, show, show_matrix, show_over
from numink.understand.explain.saliency import PATCH_PX
from numink.understand.explain.words import (
    Sum,
    backward_shapes,
    chance,
    chosen_unit,
    forward_shapes,
    in_percent,
    norm,
    number,
    written_out,
)

MOST_DRAWN = 64
"""A matrix is drawn up to so many rows and columns."""
LITTLE_LOSS = 0.01
"""Below it, there is hardly anything to learn from the image."""


@dataclass(frozen=True)
class ShownGradient:
    """The gradient of one of a layer's parameters: its name, what makes its shape, and its picture where it has one."""

    name: str
    shapes: str
    norm: str
    norm_of_it: str
    shown: Shown | None


@dataclass(frozen=True)
class ShownStep:
    """One layer on the page. One that only changes the shape shows no numbers; the second of a kind `says` nothing."""

    place: int
    step: Step
    lore: Lore
    says: str
    shapes: str
    weights: Shown | None
    leaves: Shown | None
    sum: Sum | None
    adds: Shown | None
    back_shapes: str
    back_norm: str
    back: Shown | None
    gradients: tuple[ShownGradient, ...]


def render(one: Explanation, picked: Picked, model_name: str, training: str) -> str:
    """The page (HTML). `training` names the digits that similar ones were looked for among, or says why they were not.

    All that comes from outside, such as names, is escaped.
    """
    html = page(
        "explain.html.jinja",
        room="understand.explain",
        one=one,
        picked=picked,
        model=model_name,
        digit=picture(one.image),
        together=[float(p) for p in one.together],
        probabilities=[float(p) for p in one.probabilities],
        after=[float(p) for p in one.update.probabilities],
        steps=[_step(place, step, one) for place, step in enumerate(one.steps, start=1)],
        loss=equations.of_loss(one.model.network.loss),
        pull=show(one.dZ),
        pull_norm=norm(one.dZ),
        rule=equations.STEP,
        little_loss=LITTLE_LOSS,
        leanings=[
            (
                leaning,
                _role(one, leaning.digit),
                show_over(leaning.occlusion),
                show_over(leaning.gradient * one.image / 255),
                show_over(leaning.gradient),
            )
            for leaning in one.leanings
        ],
        patch_px=PATCH_PX,
        training=training,
        picture=picture,
        dreams=[(picture(image), float(p)) for image, p in zip(*one.dream, strict=True)],
        dream_steps=STEPS,
        html=equations.html,
        chance=chance,
        in_percent=in_percent,
        number=lambda value: _minus(number(value)),
        minus=_minus,
    )
    return html.encode(errors="replace").decode()  # a file's name need not be text


def _role(one: Explanation, digit: int) -> str:
    """Why it is looked for what speaks for a digit."""
    roles = {"what the model reads": one.answer, "what this look reads": one.look, "its label": one.truth}
    if one.look == one.answer:
        del roles["what this look reads"]
    if one.label != one.truth and one.label != one.answer:
        roles["the label asked for"] = one.label
    return listed([role for role, its in roles.items() if its == digit]) or "the second choice"


def _step(place: int, step: Step, one: Explanation) -> ShownStep:
    lore, shapes = equations.of_layer(step.layer), backward_shapes(step)
    only_shape = isinstance(step.layer, Flatten | Maps)
    made = adds = None
    if isinstance(step.layer, Dense):
        made = written_out(step, chosen_unit(one.steps, step, one.look))
        adds = show_over((step.X * step.p.W[:, made.unit]).reshape(one.image.shape)) if step.of_pixels else None
    return ShownStep(
        place=place,
        step=step,
        lore=lore,
        says="" if any(type(before.layer) is type(step.layer) for before in one.steps[: place - 1]) else lore.says,
        shapes=forward_shapes(step),
        weights=_weights(step.layer, step.p.W, step.of_pixels) if "W" in step.learnt else None,
        leaves=None if only_shape else show(step.Z),
        sum=made,
        adds=adds,
        back_shapes=shapes["dX"],
        back_norm=norm(step.dX),
        back=None if only_shape else show(step.dX.reshape(one.image.shape) if step.of_pixels else step.dX),
        gradients=tuple(_gradient(step, name, shapes[f"d{name}"]) for name in step.learnt),
    )


def _gradient(step: Step, name: str, shapes: str) -> ShownGradient:
    gradient, parameter = getattr(step.g, name), getattr(step.p, name)
    shown = _weights(step.layer, gradient, step.of_pixels) if name == "W" else None
    return ShownGradient(f"d{name}", shapes, norm(gradient), norm(parameter), shown)


def _weights(layer: Layer, W: Array, of_pixels: bool) -> Shown | None:
    """Weights, or their gradient, where they can be drawn: those of pixels, kernels on one map, a small matrix."""
    if isinstance(layer, Conv2d):
        return show(W[:, :, 0]) if layer.channels_in == 1 else None
    if of_pixels and len(W) == PIXELS:
        return show(W.reshape(SIDE_PX, SIDE_PX, -1))
    return show_matrix(W) if max(W.shape) <= MOST_DRAWN else None


def _minus(text: object) -> str:
    """A number's text with a true minus."""
    return str(text).replace("-", "\N{MINUS SIGN}")
