"""What `numink doctor RUN` finds in a run's folder: what is wrong, why, and what to change.

The run's recipe, its history, its last weights and its data are looked at again; the run stays as it is. What is no
longer at hand is named, and the rest is looked at all the same.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from numink.data import sources
from numink.data.describe import describe
from numink.data.digits import Digits, Part
from numink.errors import DataError, ModelError, RunError
from numink.model import Model
from numink.model_file import load_model, load_one
from numink.run import RECIPE
from numink.training.diagnose import diagnose
from numink.training.finding import Finding, ordered
from numink.training.record import Record, read_record
from numink.training.vitals import LayerVitals
from numink.understand.doctor import of_data as doctor_data
from numink.understand.doctor.of_run import course

if TYPE_CHECKING:
    from numink.data.download import Progress
    from numink.data.table import Missing

SCORED = 2000
"""Images of each part that accuracies are measured on: enough to see a gap, and read in a moment."""


@dataclass(frozen=True)
class Examination:
    """What was found in a run, and what was looked at."""

    run: Path
    recipe: str
    findings: list[Finding] = field(default_factory=list)
    """The likeliest cause first, consequences last; empty for a healthy run."""
    figures: dict[str, float] = field(default_factory=dict)
    """Losses and accuracies by name, such as "first loss"."""
    layers: tuple[LayerVitals, ...] = ()
    """The layers with weights, measured on training images."""
    unseen: list[str] = field(default_factory=list)
    """What could not be looked at, and why: a line each."""

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        """The same as a dictionary that `json.dumps` takes."""
        figures = {name.replace(" ", "_"): value for name, value in self.figures.items()}
        layers = [asdict(layer) | {"gradient": _number(layer.gradient)} for layer in self.layers]
        rest = {"findings": [asdict(f) for f in self.findings], "figures": figures, "layers": layers}
        return {"run": str(self.run), "recipe": self.recipe, "healthy": self.healthy, **rest, "unseen": self.unseen}


def doctor(folder: str | Path, progress: "Progress | None" = None) -> Examination:
    """Examine the run in this folder. Raises RunError where there is none, or where its recipe.toml is damaged."""
    folder = Path(folder)
    if not (folder / RECIPE).is_file():
        raise RunError(f"there is no run in {folder}: expected the file {folder / RECIPE}, as numink train writes it")
    record, _ = read_record(folder / RECIPE)
    unseen: list[str] = []
    figures: dict[str, float] = {}
    findings: list[Finding] = []
    raw, digits = _data(record, progress, unseen)
    evidence = course(folder, record, digits, unseen)
    if raw is not None and digits is not None:
        model = None
        try:
            model = load_one(folder)
            figures = _accuracies(model, digits)
        except ModelError as error:  # there is none where no epoch came to its end
            unseen.append(f"the model: {error}")
        findings += doctor_data.counted(describe(digits), digits)
        findings += _witnessed(raw, digits, model, unseen)
        if evidence is not None and figures:
            best, learned = figures.get("validation accuracy", nan), figures["training accuracy"]
            evidence = replace(evidence, best=best, learned=learned, images=_counts(digits))
    if evidence is not None:
        findings += diagnose(evidence)
        losses = {"first loss": evidence.losses[0], "last loss": evidence.losses[-1]}
        figures |= {"steps": evidence.steps, "all steps": evidence.all_steps} | losses
    return Examination(
        folder,
        record.recipe.name,
        ordered(findings),
        {name: value for name, value in figures.items() if isfinite(value)},
        evidence.now.layers if evidence else (),
        unseen,
    )


def _data(record: Record, progress: "Progress | None", unseen: list[str]) -> tuple[Digits, Digits] | tuple[None, None]:
    """The run's digits in their own order, and split as it split them."""
    data, facts = record.recipe.data, record.facts
    try:
        raw = sources.read(data.source, missing=cast("Missing", data.missing), progress=progress)
        digits = raw.split(data.validation, facts.split_seed, data.stratify)
    except DataError as error:
        unseen.append(f"the data: {error}")
        return None, None
    if digits.fingerprint != facts.fingerprint:
        unseen.append(
            f"the data: those of {digits.name} are no longer what the run was begun with "
            f"(fingerprint {digits.fingerprint}, then {facts.fingerprint})"
        )
        return None, None
    return raw, digits


def _witnessed(raw: Digits, digits: Digits, model: Model | None, unseen: list[str]) -> Iterator[Finding]:
    """What is wrong with labels and polarity, by those who can read digits."""
    try:
        witness = load_model(doctor_data.WITNESS)
    except ModelError:
        unseen.append(f"labels and polarity: numink's model {doctor_data.WITNESS}, which reads digits, is not at hand")
        return
    yield from doctor_data.labels_to_learn_from(raw, witness)
    if digits.test is not None:
        yield from doctor_data.labels_to_judge_by(digits.test, witness)
    if model is not None:
        yield from doctor_data.contradicted(digits.validation, (witness, model))


def _accuracies(model: Model, digits: Digits) -> dict[str, float]:
    """By the weights that are kept, without dropout and augmentation: so that the parts can be compared."""
    found = {}
    for name, part in (("training", digits.train), ("validation", digits.validation)):
        if len(part):
            found[f"{name} accuracy"] = model.test(_first(part, SCORED)).accuracy
    scores = model.facts.get("scores", {}).get("test")
    return found | ({"test accuracy": float(scores["accuracy"])} if scores else {})


def _number(value: float) -> float | None:
    """As JSON holds it, which knows no infinity."""
    return value if isfinite(value) else None


def _counts(digits: Digits) -> tuple[int, int]:
    return min(len(digits.train), SCORED), min(len(digits.validation), SCORED)


def _first(part: Part, count: int) -> Part:
    return Part(part.images[:count], None if part.labels is None else part.labels[:count])
