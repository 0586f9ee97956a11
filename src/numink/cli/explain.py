"""`numink explain`."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from numink.cli.console import MODELS, SOURCES, AsJson, messages, print_json, reading, results
from numink.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    from numink.data.digits import Digits, Part
    from numink.model import Predictor
    from numink.understand.explain.explanation import Explanation
    from numink.understand.explain.one_image import Picked

STROKES = "strokes 5000"
"""So many are drawn to look for similar ones among: all that a model was trained on would take half a minute."""

MOST_LETTERS = 24
"""Of a name in the name of a folder."""


def explain(
    model: Annotated[str, typer.Argument(metavar="MODEL", help=MODELS)],
    image: Annotated[
        str,
        typer.Argument(
            metavar="IMAGE",
            help="A picture of one digit, of any size; or an image of a source by its number from 0: mnist:17 "
            "(the test part, where there is one), mnist:train:17, train.csv:3.",
        ),
    ],
    label: Annotated[
        int | None,
        typer.Option(
            metavar="D",
            min=0,
            max=9,
            help="Explain the loss and the step for this label; by default for the source's own, or else the answer.",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="SOURCE", help=f"Where to look for similar digits; by default what it was trained on. {SOURCES}"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where to write explain.html; by default a folder of this model, image and label in runs.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take one digit through a network step by step: forward, backward, one step; which pixels speak for the answer."""
    from numink.files import replacing
    from numink.model_file import load_model
    from numink.understand.explain.as_json import to_json
    from numink.understand.explain.explanation import explain as take_apart
    from numink.understand.explain.one_image import pick
    from numink.understand.explain.page import render

    console = messages()
    loaded = load_model(model)
    with reading(console) as progress:
        picked = pick(image, progress)
    training, about = _training(loaded, data, picked.source, console)
    page = (out or _folder(model, image, label)) / "explain.html"
    with replacing(page) as file, _saying(console) as say:  # a page that cannot be written is no work
        one = take_apart(loaded, picked.image, picked.label, training, say, label)
        say("writing the page")
        file.write(render(one, picked, model, about).encode())
    if as_json:
        print_json(to_json(one, picked, model, page))
    else:
        _tell(one, picked, model, page)


def _training(
    model: "Predictor", data: str | None, at_hand: "Digits | None", console: "Console"
) -> "tuple[Part | None, str]":
    """Labelled training digits and their name; or None, and why there are none. Those `at_hand` are not read again."""
    from numink.data.mnist import find_mnist
    from numink.data.sources import is_strokes, read

    source = data or model.recipe.data.sources[0]
    if data is None and is_strokes(source):
        source = STROKES
    if data is None and source in ("mnist", "auto") and find_mnist() is None:
        return None, "MNIST is not at hand, and --data named no other digits"
    try:
        if at_hand is not None and at_hand.name == source and len(at_hand.train):
            digits = at_hand
        else:
            with reading(console) as progress:
                digits = read(source, progress=progress)
        if digits.train.labels is None:
            raise DataError(f"{digits.name} has no labels; name labelled digits with --data")
    except DataError as error:
        if data is not None:
            raise
        return None, str(error)
    return digits.train, digits.name


@contextmanager
def _saying(console: "Console") -> "Iterator[Callable[[str], None]]":
    """A function that shows what is being worked on: a line on a terminal, nothing elsewhere."""
    with console.status("beginning") as status:
        yield lambda line: status.update(line)


def _folder(model: str, image: str, label: int | None) -> Path:
    """Where the page goes by default: another model, image or label has another folder."""
    asked = "" if label is None else f"-as-{label}"
    return Path("runs", f"explain-{_word(model)}-{_word(image)}{asked}")


def _word(text: str) -> str:
    """What a model or an image is called in a folder's name: a path is told from others by eight signs of its hash."""
    word = re.sub(r"[^\w.]+", "-", Path(text).name).strip("-.")
    if len(text) <= MOST_LETTERS and re.fullmatch(r"[\w-]+(:(train|test))?(:\d+)?", text) and not Path(text).exists():
        return word
    return f"{word[:MOST_LETTERS]}-{sha256(os.fsencode(Path(text).resolve())).hexdigest()[:8]}".lstrip("-")


def _tell(one: "Explanation", picked: "Picked", model: str, page: Path) -> None:
    from numink.evaluate import sheet
    from numink.evaluate.page import sure
    from numink.understand.explain.text import lines

    console = results()
    verdict = {None: "", True: ", rightly", False: f", but it is {one.truth}"}[one.right]
    console.print(
        f"{model} reads {one.answer} in {picked.name}, {sure(float(one.together[one.answer]))} sure{verdict}.",
        markup=False,
        style="bold",
    )
    for line in (f"It is {picked.done}.", *one.notes):
        console.print(line, markup=False)
    console.print()
    console.print(sheet.terminal(one.image[None], [f"read {one.answer}"], wrong=[one.right is False]))
    for line in lines(one):
        console.print(line, markup=False)
    if one.similar is not None:
        console.print("\nThe most similar digits of the training part")
        for found, by in ((one.similar.hidden, "to the network"), (one.similar.pixels, "by their pixels")):
            if found:
                console.print(f"   {by}: {' '.join(str(near.label) for near in found)}")
    console.print(
        f"\nIt reads {one.answer}{verdict}. What speaks for that, and what would please each digit:", markup=False
    )
    console.print(str(page), markup=False, soft_wrap=True)
