"""What is wrong with a training, from its figures: each rule sees the evidence and may find one thing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from numink.recipe import Train
from numink.training.finding import Finding, ordered
from numink.training.probe import Probe
from numink.training.vitals import LayerVitals, Vitals

POOR = 0.5
"""Accuracy below which a training suffers; what hurts nobody is no fault. Tiny healthy networks pass it soon."""
NEAR_CHANCE = 0.1
"""So near to the share of the commonest class an accuracy is chance, or next to it."""
EARLY, FEW_STEPS = 0.25, 20
"""Before this share of the steps, and so many, it is too early to say that nothing moves: schedules begin with small
rates."""
HARDLY = 0.3
"""A loss that loses less than this share of itself in a whole training hardly moves."""
JUMP = 1.05
"""A loss that is so many times the one before has jumped: the noise of batches is smaller (measured: 2 %, and 8 %
where the loss is next to nothing, where the falls outweigh it a hundred times)."""
BLOWN_UP = 3.0
"""So many times its start a loss does not reach by chance."""
HALF = 0.5
"""From this share of dead ReLUs on a layer is crippled; a few dead units are normal."""
FLAT_SHARE = 0.9
"""From this share of saturated outputs on hardly any gradient passes. Trained tanh units are often decided: 0.6."""
VANISHED, EXPLODED = 1e-3, 1e3
"""The gradient of the first layer against that of the last: healthy networks have 0.1 to 30."""
LOW_INPUT, HIGH_INPUT = 0.02, 5.0
"""The root mean square of what enters: 0.34 for pixels in 0..1, 1 for standardised ones, 87 for raw ones."""

USUAL_RATE = {"gradient-descent": 0.1, "momentum": 0.03, "nesterov": 0.03}
ADAPTIVE_RATE = 0.003
"""Rates that suit most networks; the optimisers that scale each step themselves need smaller ones."""


@dataclass(frozen=True)
class Evidence:
    """What is known of a training: all of it at hand while it runs, and in its folder afterwards."""

    settings: Train
    losses: Sequence[float]
    """The mean loss of each epoch, the first before the others; that of the first batch before them, if known."""
    accuracy: float
    """On validation images, or where there are none, on training images."""
    chance: float
    """The share of the commonest class."""
    steps: int
    progress: float
    """The share of the steps that were taken."""
    now: Vitals
    longer: Callable[[], Probe]
    """What longer steps would do (probe.py); called only where the loss hardly moves."""
    start: Vitals | None = None
    """At the first step; None where nobody knows."""
    broken: str = ""
    """Where the loss is no longer finite: when that was, a clause."""

    @property
    def poor(self) -> bool:
        """Whether the training suffers from something."""
        return bool(self.broken) or (self.progress >= EARLY and self.steps >= FEW_STEPS and self.accuracy < POOR)

    @property
    def hardly_moves(self) -> bool:
        """Whether the loss, at this pace, will have lost next to nothing at the end."""
        first, last = self.losses[0], self.losses[-1]
        return self.poor and first - last < HARDLY * first * self.progress

    @property
    def jumps(self) -> bool:
        """Whether the loss goes up about as much as it goes down, or went far above its start."""
        steps = list(zip(self.losses, self.losses[1:], strict=False))
        rises = sum(b - a for a, b in steps if b > JUMP * a)
        falls = sum(a - b for a, b in steps if a > b)
        up_and_down = len(steps) >= 4 and rises > falls / 2 and rises > self.losses[0] / 10
        return up_and_down or max(self.losses) > BLOWN_UP * self.losses[0]


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
        seen = f"the loss jumps: from {e.losses[0]:.3g} up to {max(e.losses):.3g}, and ends at {e.losses[-1]:.3g}"
    elif e.poor and (lost := _lost_in_training(e)):
        seen = f"{lost} while it trained, and the accuracy stays at {e.accuracy:.1%}"
    if seen:
        yield Finding("learning rate too large", seen, "each step leaps over the valley that it aims at", _lower(e))


def _too_small(e: Evidence) -> Iterator[Finding]:
    if not e.hardly_moves or e.jumps or e.broken or (longer := e.longer()).factor <= 1:
        return
    rate = e.settings.learning_rate
    better = min(rate * longer.factor, max(_usual(e.settings), 10 * rate))
    yield Finding(
        "learning rate too small",
        f"the loss hardly moved, from {e.losses[0]:.3g} to {e.losses[-1]:.3g}, and one step that is "
        f"{longer.factor:,.0f} times as long lowers it from {longer.before:.3g} to {longer.after:.3g}",
        "the way to good weights is longer than all these steps together",
        f"raise train.learning_rate (now {rate:g}), as in --set train.learning_rate={better:g}",
    )


def _dead(e: Evidence) -> Iterator[Finding]:
    dead = [(layer.dead, layer) for layer in e.now.layers if layer.dead and layer.dead >= HALF]
    if not dead:
        return
    at_start = any(layer.dead is not None and layer.dead >= HALF for layer in e.start.layers) if e.start else False
    yield Finding(
        "dead ReLUs",
        f"{_shares(dead, 'of the ReLUs of')} are dead",
        "a unit that is 0 for every image gets no gradient, and never comes back",
        "they were dead from the start: --set network.init=he"
        if at_start
        else f"{_lower(e)}; or let units that are off learn too: --set network.activation=leaky-relu",
    )


def _saturated(e: Evidence) -> Iterator[Finding]:
    flat = [(layer.saturated, layer) for layer in e.now.layers if layer.saturated and layer.saturated >= FLAT_SHARE]
    if not flat or not e.poor:
        return
    kind = flat[0][1].activation
    at_start = any((layer.saturated or 0) >= FLAT_SHARE for layer in e.start.layers) if e.start else False
    smaller = "begin with smaller weights: --set network.init=xavier"
    yield Finding(
        f"saturated {kind}s",
        f"{_shares(flat, f'of the {kind} outputs of')} are saturated, where its curve is flat",
        "where the curve is flat no gradient passes, and the layers below stand still",
        smaller if at_start else f"{_lower(e)}, or {smaller}",
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
        "take an activation that passes gradients on, with fitting weights: "
        "--set network.activation=relu --set network.init=he; or fewer layers, or norm between them",
    )


def _exploding(e: Evidence) -> Iterator[Finding]:
    wild = [layer for layer in (e.start or e.now).layers if not layer.gradient < EXPLODED]
    if not wild or not (e.poor or e.jumps):
        return
    yield Finding(
        "exploding gradients",
        " and ".join(f"the gradient is {layer.gradient:.1e} at {layer.name}" for layer in wild[:2]),
        "one step by such a gradient throws all weights away",
        "begin with smaller weights: --set network.init=he; or put norm behind the layers",
    )


def _stuck(e: Evidence) -> Iterator[Finding]:
    if e.poor and e.accuracy < e.chance + NEAR_CHANCE:
        yield Finding(
            "accuracy near chance",
            f"the accuracy is {e.accuracy:.1%}, and to say always the commonest digit is right in {e.chance:.1%}",
            "the network has learned nothing of what the images show",
            "look at images and labels: numink data info; and try a recipe that is known to learn, such as small-10",
        )


def _lost_in_training(e: Evidence) -> str:
    """Which units died or saturated after the start, a clause; empty where none did or nobody knows."""
    for now, then in zip(e.now.layers, e.start.layers if e.start else (), strict=False):
        if (now.dead or 0) >= HALF > (then.dead or 0):
            return f"{now.dead:.0%} of the ReLUs of {now.name} died"
        if (now.saturated or 0) >= FLAT_SHARE > (then.saturated or 0):
            return f"{now.saturated:.0%} of the {now.activation} outputs of {now.name} became saturated"
    return ""


def _lower(e: Evidence) -> str:
    rate = e.settings.learning_rate
    lower = min(rate / 10, _usual(e.settings))
    return f"lower train.learning_rate (now {rate:g}), as in --set train.learning_rate={lower:g}"


def _usual(settings: Train) -> float:
    return USUAL_RATE.get(settings.optimizer, ADAPTIVE_RATE)


def _shares(shares: Sequence[tuple[float, LayerVitals]], of: str) -> str:
    return " and ".join(f"{share:.0%} {of} {layer.name}" for share, layer in shares)


RULES = (_not_normalised, _too_large, _too_small, _dead, _saturated, _vanishing, _exploding, _stuck)
