"""docs/models.md, from the cards."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from numink import models
from numink.evaluate.page import digit_word, listed
from numink.files import write_text
from shipped.cards import card_of

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "models.md"
CARDS = Path(__file__).parent / "cards"
"""Where the cards of those models stand that are too large to ship."""

JUDGED = {
    "mnist": "MNIST's test images",
    "strokes": "strokes of unseen writers",
    "handwriting": "handwriting of other kinds",
}
KINDS = {
    "mnist": "MNIST's 10,000 test images, by other people than those it learned from",
    "strokes": "10,000 digits that numink draws (source `strokes`), by other writers than those of the training part",
    "handwriting": (
        "photographs of pen on paper, drawings by mouse and tablet, small inverted scans, cut out by a plain "
        "threshold. Nothing was trained on them or chosen by them, but they are few, and may not be passed on"
    ),
}


def cards(wanted: Sequence[str]) -> list[dict[str, Any]]:
    """The cards of those of these models that have been made."""
    found = []
    for name in wanted:
        stored = CARDS / f"{name}.json"
        if name in models.names():
            with models.opened(name) as path:
                found.append(card_of(name, path))
        elif stored.exists():
            found.append(json.loads(stored.read_text("utf-8")))
    return found


def page(known: Sequence[dict[str, Any]]) -> str:
    """The page's text."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        percent=percent, size=size, amount=amount, time=time, listed=listed, mistake=mistake, words=words
    )
    return environment.get_template("models.md.jinja").render(
        cards=known,
        shipped=[card["name"] for card in known if card["name"] in models.names()],
        judged=[name for name in JUDGED if any(name in card["scores"] for card in known)],
        headings=JUDGED,
        kinds=KINDS,
        pictures=[card["name"] for card in known if picture_of(card["name"]).exists()],
    )


def picture_of(name: str) -> Path:
    """Where the picture of a model's mistakes stands."""
    return PAGE.parent / "pictures" / f"models-{name}.png"


def percent(share: float) -> str:
    """A share as a person reads it.

    >>> percent(0.9975)
    '99.75 %'
    """
    return f"{share:.2%}".replace("%", " %")


def size(count: int) -> str:
    """Bytes as a person reads them.

    >>> size(8123), size(1_670_000)
    ('8 kB', '1.7 MB')
    """
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"


def amount(number: int) -> str:
    """A large number as a person reads it.

    >>> amount(7940), amount(460_000), amount(4_210_000)
    ('7,940', '460,000', '4.2 million')
    """
    return f"{number / 1e6:.1f} million" if number >= 1e6 else f"{number:,}"


def time(seconds: float) -> str:
    """Seconds as a person reads them.

    >>> time(44), time(300), time(9000)
    ('44 seconds', '5 minutes', '2.5 hours')
    """
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"


def mistake(found: Sequence[int]) -> str:
    """One kind of mistake.

    >>> mistake([4, 9, 1]), mistake([8, 3, 5])
    ('a 4 as a 9 (once)', 'an 8 as a 3 (5 times)')
    """
    digit, read, count = found
    return f"{digit_word(digit)} as {digit_word(read)} ({'once' if count == 1 else f'{count} times'})"


def words(layers: Sequence[Any]) -> str:
    """The layers, a residual branch in brackets.

    >>> words(["conv 8 3x3", ["residual", "norm"], "dense 10"])
    '`conv 8 3x3`, [`residual`, `norm`], `dense 10`'
    """
    return ", ".join(f"`{layer}`" if isinstance(layer, str) else f"[{words(layer)}]" for layer in layers)


def write(wanted: Sequence[str]) -> None:
    """Write the page about these models."""
    write_text(PAGE, page(cards(wanted)))


def keep(card: Mapping[str, Any]) -> None:
    """Keep the card of a model that is not shipped, for the page."""
    write_text(CARDS / f"{card['name']}.json", json.dumps(card, indent=2) + "\n")
