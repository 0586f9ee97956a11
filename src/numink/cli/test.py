"""`numink test`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from numink.cli.console import MODELS, AsJson, Source, messages, print_json, reading, results, say_why, table
from numink.errors import DataError

if TYPE_CHECKING:
    from numink.data.digits import Digits, Part
    from numink.data.table import Missing
    from numink.model import Model, Predictor
    from numink.recipe import Data
    from numink.scores import Scores


def test(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODELS)],
    data: Source = None,
    show: Annotated[
        str | None,
        typer.Option(
            metavar="N",
            help="Draw N random images with what is read in them; or chosen ones, as in 3,17,250.",
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the images of --show to this picture as well.")
    ] = None,
    calibration: Annotated[
        bool,
        typer.Option("--calibration", help="How far its confidence can be trusted: ECE and the reject curve."),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what --calibration finds as a page (HTML), with diagrams."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Test a model on labelled images: accuracy, figures for each digit, and what is confused with what."""
    from numink.data.sources import is_strokes
    from numink.evaluate.report import DRAWN_NOTE
    from numink.model_file import load_model
    from numink.scores import score

    if picture is not None and show is None:
        raise DataError("--picture draws the images that --show chooses; give both, as in --show 20 --picture FILE")
    if report is not None and not calibration:
        raise DataError("--report is the page of --calibration; give both, as in --calibration --report FILE")
    loaded = load_model(model)
    digits = _read(loaded.recipe.data, data)
    say_why(messages(), digits)
    name, part = _tested(loaded, digits)
    labels = (part := part.digits_alone).labels
    if labels is None:
        raise DataError(f"{name} has no labels to test against; use numink predict")
    probabilities = loaded.probabilities(part.images)
    scores = score(probabilities, labels)
    calibrated: dict[str, Any] = {}
    if calibration:
        calibrated = _calibrated(model, loaded, part, probabilities, name, report)
    trained_on = loaded.facts.get("data", {}).get("name")
    if as_json:
        print_json({"trained_on": trained_on, "tested_on": name} | scores.to_json() | calibrated)
    else:
        notes = [f"Trained on {trained_on}."] if trained_on else []
        notes += [DRAWN_NOTE] if is_strokes(digits.main_source) else []
        _tell(name, scores, calibrated, notes)
    if show is not None:
        _draw(part, probabilities.argmax(axis=1), _chosen(show, len(part)), picture, quiet=as_json)


def _calibrated(
    name: str, model: "Predictor", part: "Part", probabilities: Any, images: str, report: Path | None
) -> dict[str, Any]:
    """The figures of the calibration, before the temperature too, where the model has one; its page, where wanted."""
    from numink.evaluate.calibration import calibration
    from numink.evaluate.calibration_page import Calibrated, at_temperature_1, render, temperature_of
    from numink.files import write_text

    assert part.labels is not None
    temperature, now, before = temperature_of(model), calibration(probabilities, part.labels), None
    if temperature != 1:
        before = calibration(at_temperature_1(model).probabilities(part.images), part.labels)
    if report is not None:
        write_text(report, render(Calibrated(Path(name).stem, images, len(part), temperature, now, before)))
        messages().print(f"Report: {report}", markup=False, soft_wrap=True)
    known = {"ece": before.ece, "nll": before.nll} if before else None
    return now.to_json() | {"temperature": temperature, "at_temperature_1": known}


def _read(settings: "Data", data: str | None) -> "Digits":
    """What to test on: the source of the option, or that of the training."""
    from numink.data.sources import read

    missing = cast("Missing", settings.missing)
    with reading(messages()) as progress:
        return read(settings.source if data is None else data, missing=missing, progress=progress, testing=True)


def _tested(model: "Predictor", digits: "Digits") -> tuple[str, "Part"]:
    """The images that the model is to be tested on: the test part; else those set aside when it was trained on the
    same data (by all members of an ensemble); else all."""
    if digits.test is not None and digits.test.labels is not None:
        return f"the test part of {digits.name}", digits.test
    name, splits = digits.main_source, [split for member in model.members if (split := _split(member, digits))]
    if not splits:
        return digits.name, digits.train
    if len({split.fingerprint for split in splits}) == 1 and len(splits[0].validation):
        return f"the images of {name} set aside when it was trained", splits[0].validation
    return f"the images of {name} that it was trained on", digits.train


def _split(model: "Model", digits: "Digits") -> "Digits | None":
    """The digits as they were split when the model was trained; None where it was trained on others."""
    settings = model.recipe.data
    if len(digits.train) <= settings.validation or digits.train.labels is None:
        return None
    split = digits.split(settings.validation, model.facts.get("split_seed") or 0, settings.stratify)
    return split if split.fingerprint == model.facts.get("data", {}).get("fingerprint") else None


def _tell(name: str, scores: "Scores", calibrated: dict[str, Any], notes: list[str]) -> None:
    from rich.markup import escape

    from numink.evaluate.page import counted

    console = results()
    low, high = scores.interval_95
    console.print(
        f"[bold]Accuracy {scores.accuracy:.2%}[/] on {escape(name)} (95 % interval {low:.2%} to {high:.2%}): "
        f"{counted(scores.errors, 'error')} in {counted(scores.images, 'image')}, loss {scores.loss:.4f}."
    )
    for note in notes:
        console.print(note, markup=False)
    classes = table("digit", "precision", "recall", "f1", "images", numbers_from=1)
    for digit, figures in enumerate(scores.per_class):
        row = [f"{value:.2%}" for value in (figures.precision, figures.recall, figures.f1)]
        classes.add_row(str(digit), *row, f"{figures.support:,}")
    console.print()
    console.print(classes, soft_wrap=False)
    console.print()
    confusion = table("is \\ read as", *map(str, range(10)), numbers_from=1)
    for digit, row_ in enumerate(scores.confusion):
        cells = [
            f"[green]{count}[/]" if digit == read else f"[red]{count}[/]" if count else "[dim]·[/]"
            for read, count in enumerate(row_)
        ]
        confusion.add_row(f"[bold]{digit}[/]", *cells)
    console.print(confusion, soft_wrap=False)
    if calibrated:
        console.print(
            f"\nCalibration: its confidence is off by {calibrated['ece']:.2%} on average (ECE); "
            f"negative log-likelihood {calibrated['nll']:.4f}."
        )
        if before := calibrated["at_temperature_1"]:
            console.print(
                f"Without its temperature of {calibrated['temperature']:g} it would be off by {before['ece']:.2%}; "
                f"negative log-likelihood {before['nll']:.4f}."
            )
        reject = table("least sure rejected", "errors among the rest", numbers_from=0)
        for point in calibrated["reject_table"]:
            reject.add_row(f"{point['rejected']:.0%}", f"{point['error_rate']:.2%}")
        console.print(reject, soft_wrap=False)


def _chosen(show: str, count: int) -> list[int]:
    """The images that --show asks for: N random ones, or those with the numbers in a list."""
    import numpy as np

    try:
        numbers = [int(number) for number in show.split(",") if number.strip()]
    except ValueError:
        raise DataError(f"--show takes a number of images, or their numbers as in 3,17,250; {show!r} came") from None
    if "," not in show:
        if len(numbers) != 1 or numbers[0] < 1:
            raise DataError(f"--show takes a number of images, 1 or more; {show!r} came")
        return sorted(map(int, np.random.default_rng().permutation(count)[: numbers[0]]))
    wrong = [number for number in numbers if not 0 <= number < count]
    if wrong or not numbers:
        raise DataError(f"--show takes numbers from 0 to {count - 1}; {show!r} came")
    return numbers


def _draw(part: "Part", read: Any, chosen: list[int], path: Path | None, quiet: bool) -> None:
    from io import BytesIO

    from numink.evaluate import sheet
    from numink.files import replacing

    assert part.labels is not None
    images, actual, answers = part.images[chosen], part.labels[chosen], read[chosen]
    wrong = [bool(a != r) for a, r in zip(actual, answers, strict=True)]
    captions = [f"{a} read as {r}" for a, r in zip(actual, answers, strict=True)]
    if not quiet:
        results().print()
        results().print(sheet.terminal(images, captions, wrong=wrong))
    if path is not None:
        buffer = BytesIO()
        sheet.picture(images, captions, wrong=wrong).save(buffer, "PNG")
        with replacing(path) as file:
            file.write(buffer.getvalue())
        messages().print(f"Picture: {path}", markup=False, soft_wrap=True)
