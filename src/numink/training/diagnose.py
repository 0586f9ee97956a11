"""What is wrong with a training, from its figures: each rule sees the evidence and may find one thing."""

from collections.abc import Iterator, Sequence
from math import sqrt

from numink.training import advice
from numink.training.evidence import DEVIATIONS, GOOD, Evidence, Tried
from numink.training.finding import Finding, ordered
from numink.training.vitals import LayerVitals

NEAR_CHANCE = 0.1
"""So near to the share of the commonest class an accuracy is chance, or next to it."""
HALF = 0.5
"""From this share of dead ReLUs on a layer is crippled; a few dead units are normal."""
FLAT_SHARE = 0.9
"""From this share of saturated outputs on hardly any gradient passes. Trained tanh units are often decided: 0.6."""
VANISHED, EXPLODED = 1e-3, 100.0
"""The gradient of the first layer against that of the last, in healthy networks 0.1 to 30 times as large; and any
gradient at the start, in healthy networks 0.1 to 5."""
LOW_INPUT, HIGH_INPUT = 0.02, 5.0
"""The root mean square of what enters: 0.34 for pixels in 0..1, 1 for standardised ones, 87 for raw ones."""

GAP = 0.05
"""Between the accuracies on training and validation images, from where on a network knows its images by heart."""


def diagnose(evidence: Evidence) -> list[Finding]:
    """What is wrong, the likeliest cause first; nothing for a healthy training."""
    return ordered([finding for rule in RULES for finding in rule(evidence)])


def _not_normalised(e: Evidence) -> Iterator[Finding]:
    size = e.now.input_size
    if LOW_INPUT <= size <= HIGH_INPUT or not (e.poor or e.jumps):
        return
    yield Finding(
        "images not normalised",
        f"the numbers that enter the network are {size:.2g} in size (root mean square), where about 0.3 to 1 is usual",
        "every gradient of the first layer is as many times too large or too small, so that no rate suits all layers",
        "scale the pixels to 0..1: --set data.scale=unit"
        if size > HIGH_INPUT
        else "multiply the pixels by 255, if they were divided already; or scale them anew: --set data.scale=standard",
    )


def _too_large(e: Evidence) -> Iterator[Finding]:
    seen = ""
    if e.broken:
        seen = e.broken
    elif e.jumps:
        before, after = max(e.rises, key=lambda rise: rise[1] - rise[0])
        seen = f"the loss jumps: from {before:.3g} up to {after:.3g}, and ends at {e.losses[-1]:.3g}"
    elif e.poor and (lost := _lost_in_training(e)):
        seen = f"{lost} while it trained, and the accuracy stays at {e.accuracy:.1%}"
    change = advice.lower_rate(e.settings)
    if not seen and e.better and e.better.rate < e.settings.learning_rate:
        seen, change = _tried(e, e.better), advice.rate_to(e.settings, e.better.rate)
    if seen:
        yield Finding("learning rate too large", seen, "each step leaps over the valley that it aims at", change)


def _too_small(e: Evidence) -> Iterator[Finding]:
    rate, seen = e.settings.learning_rate, ""
    if e.hardly_moves and not e.jumps and not e.broken and (longer := e.longer()).factor > 1:
        better = min(rate * longer.factor, max(advice.usual_rate(e.settings), 10 * rate))
        seen = (
            f"the loss hardly moved, from {e.losses[0]:.3g} to {e.losses[-1]:.3g}, and one step that is "
            f"{longer.factor:,.0f} times as long lowers it from {longer.before:.3g} to {longer.after:.3g}"
        )
    elif e.better and e.better.rate > rate:
        better, seen = e.better.rate, _tried(e, e.better)
    if seen:
        why = "the way to good weights is longer than all these steps together"
        yield Finding("learning rate too small", seen, why, advice.rate_to(e.settings, better))


def _dead(e: Evidence) -> Iterator[Finding]:
    dead = [(layer.dead, layer) for layer in e.now.layers if layer.dead and layer.dead >= HALF]
    if not dead or e.accuracy > GOOD:
        return
    at_start = any(layer.dead is not None and layer.dead >= HALF for layer in e.start.layers) if e.start else False
    yield Finding(
        "dead ReLUs",
        f"{_shares(dead, 'of the ReLUs of')} are dead",
        "a unit that is 0 for every image gets no gradient, and never comes back",
        f"they were dead from the start: {he}"
        if at_start and (he := advice.init(e.recipe, "he"))
        else f"{advice.lower_rate(e.settings)}; or let units that are off learn too: "
        f"{advice.activation(e.recipe, 'relu', 'leaky-relu')}",
    )


def _saturated(e: Evidence) -> Iterator[Finding]:
    flat = [(layer.saturated, layer) for layer in e.now.layers if layer.saturated and layer.saturated >= FLAT_SHARE]
    if not flat or not e.judged or e.accuracy > GOOD:
        return
    kind = flat[0][1].activation
    at_start = any((layer.saturated or 0) >= FLAT_SHARE for layer in e.start.layers) if e.start else False
    xavier = advice.init(e.recipe, "xavier")
    smaller = f"begin with smaller weights: {xavier}" if xavier else "put norm before them"
    yield Finding(
        f"saturated {kind}s",
        f"{_shares(flat, f'of the {kind} outputs of')} are saturated, where its curve is flat",
        "where the curve is flat no gradient passes, and the layers below stand still",
        smaller if at_start else f"{advice.lower_rate(e.settings)}, or {smaller}",
    )


def _vanishing(e: Evidence) -> Iterator[Finding]:
    layers = (e.start or e.now).layers
    if not e.poor or len(layers) < 3 or not 0 < layers[0].gradient < VANISHED * layers[-1].gradient:
        return
    yield Finding(
        "vanishing gradients",
        f"the gradient is {layers[0].gradient:.1e} at {layers[0].name}, and {layers[-1].gradient:.1e} at "
        f"{layers[-1].name}",
        "the first layers get next to no gradient, and stay as random as they began",
        "; or ".join([*_livelier(e), "fewer layers, or norm between them"]),
    )


def _exploding(e: Evidence) -> Iterator[Finding]:
    wild = [layer for layer in e.start.layers if not layer.gradient < EXPLODED] if e.start else []
    if not wild or not (e.poor or e.jumps):
        return
    he = advice.init(e.recipe, "he")
    yield Finding(
        "exploding gradients",
        " and ".join(f"the gradient is {layer.gradient:.1e} at {layer.name}" for layer in wild[:2]),
        "one step by such a gradient throws all weights away",
        f"begin with smaller weights: {he}; or put norm behind the layers" if he else "put norm behind the layers",
    )


def _overfitting(e: Evidence) -> Iterator[Finding]:
    if not e.judged or not all(e.images) or e.learned < GOOD:
        return
    deviation = sqrt(e.best * (1 - e.best) * sum(1 / count for count in e.images))
    if e.learned - e.best > max(GAP, DEVIATIONS * deviation):
        yield Finding(
            "overfitting",
            f"{e.learned:.1%} of the training images are read right, and {e.best:.1%} of the validation images",
            "the network knows its images by heart, which does not help with others",
            advice.learn_less_by_heart(e.recipe),
        )


def _stuck(e: Evidence) -> Iterator[Finding]:
    if e.poor and e.accuracy < e.chance + NEAR_CHANCE:
        yield Finding(
            "accuracy near chance",
            f"the accuracy is {e.accuracy:.1%}; always to say the commonest digit would be right in {e.chance:.1%}",
            "the network has learned nothing of what the images show",
            advice.known_recipe(e.settings),
        )


def _lost_in_training(e: Evidence) -> str:
    """Which units died or saturated after the start, a clause; empty where none did or nobody knows."""
    for now, then in zip(e.now.layers, e.start.layers if e.start else (), strict=False):
        if (now.dead or 0) >= HALF > (then.dead or 0):
            return f"{now.dead:.0%} of the ReLUs of {now.name} died"
        if (now.saturated or 0) >= FLAT_SHARE > (then.saturated or 0):
            return f"{now.saturated:.0%} of the {now.activation} outputs of {now.name} became saturated"
    return ""


def _livelier(e: Evidence) -> Iterator[str]:
    """The activation that passes gradients on, where another is taken."""
    flat = next((layer.activation for layer in e.now.layers if layer.activation in ("sigmoid", "tanh")), "")
    if flat:
        relu = advice.activation(e.recipe, flat, "relu")
        yield f"take relu in place of {flat}: {relu} {advice.init(e.recipe, 'he')}".rstrip()


def _tried(e: Evidence, tried: Tried) -> str:
    return (
        f"trained anew at the rate {tried.rate:g}, the same network reads {tried.accuracy:.1%} of the images after "
        f"{tried.steps:,} steps; at {e.settings.learning_rate:g} it reads {max(e.accuracy, e.best):.1%} after "
        f"{e.steps:,}"
    )


def _shares(shares: Sequence[tuple[float, LayerVitals]], of: str) -> str:
    return " and ".join(f"{share:.0%} {of} {layer.name}" for share, layer in shares)


RULES = (_not_normalised, _too_large, _too_small, _dead, _saturated, _vanishing, _exploding, _overfitting, _stuck)
