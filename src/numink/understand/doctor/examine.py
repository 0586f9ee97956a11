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
from numink.understand.doctor import of_data
from numink.understand.doctor.of_run import course

if TYPE_CHECKING:
    from numink.data.download import Progress
    from numink.data.table import Missing

SCORED = 2000
"""Images of each part that accuracies are measured on: enough to see a gap, and read in a moment."""
ENOUGH = 0.7
"""Accuracy below which nobody would call a model of digits healthy, whether or not the doctor knows what ails it."""


@dataclass(frozen=True)
class Examination:
    """What was found in a run, and what was looked at."""

    run: Path
    recipe: str
    findings: list[Finding] = field(default_factory=list)
    """The likeliest cause first, consequences last; empty for a healthy run."""
    figures: dict[str, float] = field(default_factory=dict)
    """Losses and accuracies by name, such as "first loss"; "training images" is how many gave that accuracy."""
    ended: str = ""
    """Why the run stopped by itself before all steps were taken; empty where it did not."""
    judged: bool = False
    """Whether the run came far enough to be judged by its accuracy."""
    layers: tuple[LayerVitals, ...] = ()
    """The layers with weights, measured on training images."""
    unseen: list[str] = field(default_factory=list)
    """What could not be looked at, and why: a line each."""

    @property
    def accuracy(self) -> float:
        """On validation images if there are any, by the best weights if they are at hand; NaN where it is unknown."""
        known = ("validation accuracy", "accuracy", "training accuracy")
        return next((self.figures[name] for name in known if name in self.figures), nan)

    @property
    def healthy(self) -> bool | None:
        """Whether the run learned and nothing was found; None where it did not, and nothing was found that tells why.

        Such is a run that was too short.
        """
        return False if self.findings else self.accuracy >= ENOUGH or None

    @property
    def verdict(self) -> str:
        """All in one clause."""
        if self.findings:
            return ", ".join(finding.name for finding in self.findings if not finding.after)
        if self.healthy:
            return "healthy, nothing found" + (" in what could be looked at" if self.unseen else "")
        if not isfinite(self.accuracy):
            return "nothing to judge it by"
        if self.judged:
            return f"nothing found, but the accuracy is only {self.accuracy:.1%}"
        return f"too early to judge, with an accuracy of {self.accuracy:.1%}"

    def to_json(self) -> dict[str, Any]:
        """The same as a dictionary that `json.dumps` takes."""
        figures = {name.replace(" ", "_"): _number(value) for name, value in self.figures.items()}
        layers = [asdict(layer) | {"gradient": _number(layer.gradient)} for layer in self.layers]
        rest = {"findings": [asdict(f) for f in self.findings], "figures": figures, "layers": layers}
        head = {"run": str(self.run), "recipe": self.recipe, "healthy": self.healthy, "verdict": self.verdict}
        return head | rest | {"ended": self.ended, "unseen": self.unseen}


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
        findings += of_data.counted(describe(digits), digits)
        findings += _witnessed(raw, digits, model, unseen)
        if evidence is not None and figures:
            best, learned = figures.get("validation accuracy", nan), figures["training accuracy"]
            evidence = replace(evidence, best=best, learned=learned, images=_counts(digits))
    if evidence is not None:
        findings += diagnose(evidence)
        losses = {"first loss": evidence.losses[0], "last loss": evidence.losses[-1]}
        figures |= {"steps": evidence.steps, "all steps": evidence.all_steps, "accuracy": evidence.accuracy} | losses
    return Examination(
        folder,
        record.recipe.name,
        ordered(findings),
        figures,
        evidence.ended if evidence else "",
        bool(evidence and evidence.judged),
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
        witness = load_model(of_data.WITNESS)
    except ModelError:
        unseen.append(f"labels and polarity: numink's model {of_data.WITNESS}, which reads digits, is not at hand")
        return
    unseen += of_data.not_examined(raw, digits.validation)
    yield from of_data.labels_to_learn_from(raw, witness)
    if digits.test is not None:
        yield from of_data.labels_to_judge_by(digits.test, witness)
    if model is not None:
        yield from of_data.contradicted(digits.validation, (witness, model))


def _accuracies(model: Model, digits: Digits) -> dict[str, float]:
    """By the weights that are kept, without dropout and augmentation: so that the parts can be compared."""
    found: dict[str, float] = {}
    for name, part in (("training", digits.train), ("validation", digits.validation)):
        if len(part):
            scores = model.test(_first(part, SCORED))
            found |= {f"{name} accuracy": scores.accuracy, f"{name} images": scores.images}
    if test := model.facts.get("scores", {}).get("test"):
        found |= {"test accuracy": float(test["accuracy"]), "test images": int(test["images"])}
    return found


def _number(value: float) -> float | None:
    """As JSON holds it, which knows no infinity."""
    return value if isfinite(value) else None


def _counts(digits: Digits) -> tuple[int, int]:
    return min(len(digits.train), SCORED), min(len(digits.validation), SCORED)


def _first(part: Part, count: int) -> Part:
    return Part(part.images[:count], None if part.labels is None else part.labels[:count])
