"""A model's temperature, and of the one that reads pages what may be promised: found out once for its weights."""

from pathlib import Path
from typing import TYPE_CHECKING

from numink.cli.calibrate import PAGES, calibrated
from numink.crew import processors
from numink.errors import ModelError
from numink.model import Model, Predictor
from numink.model_file import load_model
from numink.reader.calibrate import unseen_digits, with_temperature
from numink.reader.confidence import Trust, trust_in
from numink.reader.reader import MODEL

if TYPE_CHECKING:
    from rich.console import Console


def with_trust(model: Predictor, name: str, path: Path, console: "Console", pages: int = PAGES) -> Predictor:
    """The model as it is to be used: as in the file, where that has the same weights, and else calibrated anew.

    An ensemble stays as it is: its mean is more even than its members' answers already.
    """
    if not isinstance(model, Model):
        return model
    before = _same(model, path)
    reads = name == MODEL
    if before is not None and not (reads and trust_in(before) == Trust()):
        use = {"use.temperature": before.recipe.use.temperature}
        recipe = model.recipe.with_settings([f"{key}={value}" for key, value in use.items()])
        kept = {"reading": before.facts["reading"]} if reads else {}
        return Model(recipe, model.pixels, model.theta, model.facts | kept)
    if reads:
        console.print(f"{name} reads {pages} pages to find out how far it may be trusted", markup=False)
        return calibrated(model, pages, processors(), console)
    return with_temperature(model, unseen_digits(model))


def _same(model: Model, path: Path) -> Model | None:
    """What is in the file, where it has the same weights, used in the same way but for its temperature, and a card."""
    try:
        before = load_model(path)
    except ModelError:
        return None
    if not isinstance(before, Model) or "card" not in before.facts:
        return None
    alike = before.recipe.use.shifts == model.recipe.use.shifts and before.theta.tobytes() == model.theta.tobytes()
    return before if alike else None
