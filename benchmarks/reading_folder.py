"""Real handwriting: FOLDER/single and FOLDER/pages, each with a labels.csv (file, label)."""

import csv
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks import common
from benchmarks.reading_match import edits
from benchmarks.reading_reader import Settings, best_text, read_file


def labelled(folder: Path) -> list[tuple[Path, str]]:
    """The pictures of a folder and what they show."""
    with (folder / "labels.csv").open(newline="") as file:
        return [(folder / row["file"], row["label"]) for row in csv.DictReader(file)]


def judge_single(reading: dict[str, Any], label: str) -> str:
    """right, wrong, or nothing read; with ", rejected" where it says itself that it is not to be trusted."""
    text, accepted = best_text(reading)
    verdict = "right" if text == label else "wrong" if text else "nothing"
    return verdict if accepted or not text else f"{verdict}, rejected"


def judge_page(reading: dict[str, Any], label: str) -> Counter[str]:
    """Counts of a page whose label is rows of numbers, such as "05 22|18".

    digits, digit_edits: single digits row by row, by the edits that make the one of the other; a reading with more or
    fewer rows is judged as one row. numbers, exact: of the label's numbers, in their order, those read so; where digits
    stand evenly apart their grouping is the writer's secret, and only digits count.
    """
    rows: dict[int, list[str]] = {}
    for number in reading["numbers"]:
        rows.setdefault(number["row"], []).append(number["text"])
    read, truth = [rows[row] for row in sorted(rows)], [row.split() for row in label.split("|")]
    if len(read) != len(truth):
        read, truth = [[*chain(*read)]], [[*chain(*truth)]]
    digits = ["".join(row) for row in truth]
    words, found = [word for row in truth for word in row], [word for row in read for word in row]
    return Counter(
        digits=sum(map(len, digits)),
        digit_edits=sum(edits("".join(row), true) for row, true in zip(read, digits, strict=True)),
        numbers=len(words),
        exact=len(words) - edits(found, words) if len(found) == len(words) else common_words(found, words),
        rejected=sum(not number["accepted"] for number in reading["numbers"]),
    )


def common_words(found: list[str], words: list[str]) -> int:
    """How many words of two texts are the same."""
    return (Counter(found) & Counter(words)).total()


def shown(reading: dict[str, Any]) -> str:
    """A reading as labels are written."""
    rows: dict[int, list[str]] = {}
    for number in reading["numbers"]:
        rows.setdefault(number["row"], []).append(number["text"])
    return "|".join(" ".join(rows[row]) for row in sorted(rows))


def section(settings: Settings) -> str:
    """The figures in words and tables."""
    assert settings.folder
    singles, errors = Counter[str](), []
    for path, label in labelled(settings.folder / "single"):
        reading = read_file(path, settings.model, single=True)
        verdict = judge_single(reading, label)
        singles[verdict] += 1
        if verdict != "right":
            errors.append([path.name, label, best_text(reading)[0], verdict])
    pages, found = Counter[str](), []
    for path, label in labelled(settings.folder / "pages"):
        reading = read_file(path, settings.model)
        counts = judge_page(reading, label)
        pages += counts
        texts = [text.replace("|", " / ") for text in (label, shown(reading))]  # as it would end a table's cell
        found.append([path.name, *texts, counts["digit_edits"], len(reading["rejected"])])
    rows = [
        ["single digits right, and accepted", f"**{singles['right']}** of {singles.total()}", singles.total()],
        ["right, but not accepted", singles["right, rejected"], "1 at most"],
        ["wrong: accepted, not accepted", f"{singles['wrong']}, {singles['wrong, rejected']}", 0],
        ["nothing read", singles["nothing"], 0],
        ["digits of pages right", f"**{pages['digits'] - pages['digit_edits']}** of {pages['digits']}", "all"],
        ["numbers of pages exact", f"{pages['exact']} of {pages['numbers']}", ""],
    ]
    text = (
        "Photographs of pen on paper, drawings by mouse, small inverted scans; they may not be passed on. The reader "
        "was developed with a look at them, so that these are no figures of unseen pictures. Where digits stand evenly "
        "apart, only their writer knows which of them make a number.\n\n"
        + common.table(["what", "measured", "aim"], rows)
    )
    if errors:
        text += "\n\n" + common.table(["picture", "label", "read", ""], errors)
    return text + "\n\n" + common.table(["page", "label", "read", "edits", "rejected marks"], found)
