"""The page of `numink test --calibration --report FILE`: how far a model's confidence can be trusted, as pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from numink.ensemble import Ensemble
from numink.evaluate import plots
from numink.evaluate.calibration import Calibration
from numink.evaluate.page import figure, page
from numink.model import Model, Predictor


@dataclass(frozen=True)
class Calibrated:
    """A model's calibration on images of some name, and what it would be at temperature 1, where it has another."""

    model: str
    images: str
    count: int
    temperature: float
    now: Calibration
    before: Calibration | None


def temperature_of(model: Predictor) -> float:
    """The temperature that all members are used with; 1 where they differ."""
    used = {member.recipe.use.temperature for member in model.members}
    return used.pop() if len(used) == 1 else 1.0


def at_temperature_1(model: Predictor) -> Predictor:
    """The same network, or networks, asked without a temperature."""
    plain = [_plain(member) for member in model.members]
    return plain[0] if len(plain) == 1 else Ensemble(plain)


def render(found: Calibrated) -> str:
    """The page as HTML text."""
    kinds = [("now", found.now), *([("before", found.before)] if found.before is not None else [])]
    return page(
        "calibration.html.jinja",
        found=found,
        figures={name: _figures(name, calibrated) for name, calibrated in kinds},
        costs=_costs(found.now.reject_table, found.count),
    )


def _figures(name: str, calibrated: Calibration) -> dict[str, Any]:
    reliability = "Of the digits read with each confidence, the share that was right."
    reject = "The error rate of the rest, over the share that is rejected."
    return {
        "reliability": figure(plots.reliability(calibrated), f"{name}-reliability", reliability),
        "reject": figure(plots.reject_curve(calibrated), f"{name}-reject", reject),
    }


def _costs(points: Sequence[Any], count: int) -> list[dict[str, Any]]:
    """What rejecting costs and saves, as rows of a table."""
    return [
        {
            "rejected": point.rejected,
            "images": round(point.rejected * count),
            "threshold": point.threshold,
            "error_rate": point.error_rate,
            "errors": round(point.error_rate * (count - round(point.rejected * count))),
        }
        for point in points
    ]


def _plain(model: Model) -> Model:
    use = replace(model.recipe.use, temperature=1.0)
    return Model(replace(model.recipe, use=use), model.pixels, model.theta, model.facts)
