"""An explanation in a terminal: each number of a small network, a line for each layer of a larger one."""

from collections.abc import Iterator
from textwrap import wrap

from numink.nn.layers import Dense, Flatten
from numink.nn.maps import Maps
from numink.nn.params import Array, Shape
from numink.understand.explain import equations
from numink.understand.explain.explanation import Explanation, Step
from numink.understand.explain.words import (
    alike,
    backward_shapes,
    chance,
    chosen_unit,
    forward_shapes,
    in_percent,
    norm,
    number,
    shape,
    span,
    written_out,
)

WIDTH = 78
SMALL = 32
"""The widest layer of which each number is shown."""
INDENT = "   "
ABREAST = 5


def lines(one: Explanation) -> Iterator[str]:
    """The explanation, line by line, none longer than 80: forward, the loss, backward, one step."""
    loss = equations.of_loss(one.model.network.loss)
    small = all(step.Z.size in (one.image.size, *range(SMALL + 1)) for step in one.steps)
    if small:
        yield "FORWARD"
        for place, step in enumerate(one.steps, start=1):
            yield from _forward(place, step, one)
    else:
        yield from _summary(one)
    yield ""
    yield "THE LOSS"
    yield from _formulas(loss.forward)
    yield f"{INDENT}P_{one.label} {chance(one.probabilities[one.label])}, J = {number(one.loss)}"
    yield from _formulas(loss.backward)
    yield from _numbers("dZ", one.dZ)
    if small:
        yield ""
        yield "BACKWARD"
        for place, step in reversed(list(enumerate(one.steps, start=1))):
            yield from _backward(place, step)
    yield ""
    yield from _step(one)


def _summary(one: Explanation) -> Iterator[str]:
    """A line for each layer: what leaves it, and the gradients that reach it and its parameters."""
    yield _line("FORWARD, BACKWARD (d)", "leaves", "from, to", "norm", "norm of d")
    for place, step in enumerate(one.steps, start=1):
        yield _line(f"{place:2d} {step.name}", *_figures((1, *step.Z.shape), step.Z, step.dZ))
        for name in step.learnt:
            p, g = getattr(step.p, name), getattr(step.g, name)
            yield _line(f"     {name}", *_figures(p.shape, p, g))


def _figures(sizes: Shape, values: Array, gradient: Array) -> tuple[str, str, str, str]:
    return shape(sizes)[1:-1], span(values, 2), norm(values), norm(gradient)


def _line(name: str, leaves: str, low_high: str, size: str, gradient_size: str) -> str:
    return f"{name[:21]:<22}{leaves:<18}{low_high:<22}{size:>8}{gradient_size:>10}"


def _formulas(formulas: tuple[equations.Equation, ...]) -> Iterator[str]:
    for formula, place in formulas:
        yield f"{INDENT}{equations.text(formula)}" + (f"   ({place})" if place else "")


def _forward(place: int, step: Step, one: Explanation) -> Iterator[str]:
    lore = equations.of_layer(step.layer)
    yield f"{place:2d} {step.name}"
    yield from _formulas(lore.forward)
    yield from wrap(forward_shapes(step), WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    if isinstance(step.layer, Flatten | Maps):
        return
    yield from _numbers(lore.leaves, step.Z)
    if isinstance(step.layer, Dense):
        yield from _sum(step, chosen_unit(one.steps, step, one.look), one.image.shape[1])


def _sum(step: Step, unit: int, width_px: int) -> Iterator[str]:
    made = written_out(step, unit)
    yield f"{INDENT}unit {unit} written out:"
    for term in made.terms:
        row, column = divmod(term.index, width_px)
        place = f"row {row}, column {column}" if step.of_pixels else f"input {term.index}"
        yield f"{INDENT}   {place:<18}{number(term.x):>9} * {number(term.weight):<9} = {number(term.product):>9}"
    rest = [("bias", made.bias), (f"Z_{unit}", made.total)]
    for name, value in ([(f"{made.others} others", made.rest)] if made.others else []) + rest:
        yield f"{INDENT}   {name:<42}{number(value):>9}"


def _backward(place: int, step: Step) -> Iterator[str]:
    lore, shapes = equations.of_layer(step.layer), backward_shapes(step)
    yield f"{place:2d} {step.name}"
    if isinstance(step.layer, Flatten | Maps):
        return
    yield from _formulas(lore.backward)
    for name in step.learnt:
        yield f"{INDENT}d{name}: {shapes[f'd{name}']}, norm {norm(getattr(step.g, name))}"
    yield f"{INDENT}d{lore.enters}: {shapes['dX']}, norm {norm(step.dX)}"
    if step.dX.size <= SMALL:
        yield from _numbers(f"d{lore.enters}", step.dX)


def _numbers(name: str, values: Array) -> Iterator[str]:
    """Each number with its place, some to a line; of many, their range."""
    if values.size > SMALL:
        yield f"{INDENT}{name}: {span(values)}, norm {norm(values)}"
        return
    texts, power = alike(values)
    cells = [f"{place:>6}: {text:>6}" for place, text in enumerate(texts)]
    for start in range(0, len(cells), ABREAST):
        yield f"{INDENT}{'' if start else name:<3}{''.join(cells[start : start + ABREAST])}"
    if power:
        yield f"{INDENT}   (all times 10^{power})"


def _step(one: Explanation) -> Iterator[str]:
    update = one.update
    yield f"ONE STEP of gradient descent on this image alone, with η = {number(update.rate)}"
    yield from _formulas((equations.STEP,))
    change = number(update.loss - one.loss)
    yield f"{INDENT}The loss goes from {number(one.loss)} to {number(update.loss)}, by {change};"
    yield f"{INDENT}on a straight line it would fall by η |dθ|² = {number(update.rate * update.squared_norm)}."
    yield f"{INDENT}digit    before %     after %      change"
    for digit, (before, after) in enumerate(zip(one.probabilities, update.probabilities, strict=True)):
        mark = f"  <- {one.label_is}" if digit == one.label else ""
        percents = in_percent(before), in_percent(after), number(100 * (after - before))
        yield f"{INDENT}{digit:>5}" + "".join(f"{percent:>12}" for percent in percents) + mark
