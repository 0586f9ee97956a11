"""What to change, by what the recipe has: no advice to set what is set already, or what its layers do not ask for."""

from collections.abc import Iterator

from numink.recipe import Recipe, Train

USUAL_RATE = {"gradient-descent": 0.1, "momentum": 0.03, "nesterov": 0.03}
ADAPTIVE_RATE = 0.003
"""Rates that suit most networks; the optimisers that scale each step themselves need smaller ones."""
FAR = 30
"""A rate so many times larger or smaller than usual is the first thing to doubt."""
AUGMENT = """--set 'data.augment=["shift 1", "rotate 8", "scale 10"]'"""


def usual_rate(settings: Train) -> float:
    """A rate that suits most networks with this optimiser."""
    return USUAL_RATE.get(settings.optimizer, ADAPTIVE_RATE)


def lower_rate(settings: Train) -> str:
    """To lower the learning rate, to what is usual at most."""
    rate = settings.learning_rate
    return rate_to(settings, min(rate / 10, usual_rate(settings)))


def rate_to(settings: Train, rate: float) -> str:
    """To change the learning rate to this one."""
    now = settings.learning_rate
    return f"{'lower' if rate < now else 'raise'} train.learning_rate (now {now:g}), as in {_setting(rate)}"


def known_recipe(settings: Train) -> str:
    """What to try where nothing else is known: first a usual rate, where the rate is far from that."""
    usual, looking = usual_rate(settings), "look at the images and their labels (numink data info)"
    if not usual / FAR < settings.learning_rate < usual * FAR:
        return f"try a usual rate: {_setting(usual)}; and {looking}"
    return f"{looking}, and try a recipe that is known to learn: small-10"


def activation(recipe: Recipe, now: str, other: str) -> str:
    """To take another activation: by network.activation where the layers leave it open, else in the layers."""
    if "activation" in _words(recipe) and recipe.network.activation == now:
        return f"--set network.activation={other}"
    return f"write {other} in place of {now} in network.layers"


def init(recipe: Recipe, scheme: str) -> str:
    """To begin with other weights; empty where the recipe does so already."""
    return "" if recipe.network.init == scheme else f"--set network.init={scheme}"


def learn_less_by_heart(recipe: Recipe) -> str:
    """Against overfitting."""
    more = "train on more images" + ("" if recipe.data.augment else f", or let numink make some: {AUGMENT}")
    dropout = "" if any(word.startswith("dropout") for word in _words(recipe)) else ", or dropout"
    return f"{more}; or take a smaller network{dropout}"


def _setting(rate: float) -> str:
    return f"--set train.learning_rate={rate:g}"


def _words(recipe: Recipe) -> Iterator[str]:
    for entry in recipe.network.layers:
        yield from (entry,) if isinstance(entry, str) else entry
