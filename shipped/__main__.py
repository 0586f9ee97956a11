"""`python -m shipped [NAME...]`: train what is not trained yet, judge it, write its card, and the page of all cards."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from numink import models
from numink.cli.calibrate import PAGES
from numink.cli.console import messages
from numink.errors import NuminkError
from shipped import page
from shipped.cards import draw_mistakes, judges_of, save_with_card
from shipped.manifest import MANIFEST, names, read_manifest
from shipped.trainings import trained
from shipped.trust import with_trust

RUNS = Path(__file__).parents[1] / "runs" / "models"


def make(wanted: Sequence[str], handwriting: Path | None, manifest: Path = MANIFEST, pages: int = PAGES) -> None:
    """Make the models of these names (all, where there are none), and then the page."""
    console, entries = messages(), read_manifest(manifest, wanted)
    judges = judges_of(handwriting)
    for entry in entries:
        path = (Path(str(models.FOLDER)) if entry.shipped else RUNS) / f"{entry.name}.safetensors"
        model = with_trust(trained(entry, RUNS, console), entry.name, path, console, pages)
        card = save_with_card(model, entry, path, judges)
        if not entry.shipped:
            page.keep(card)
        for name, scores in card["scores"].items():
            line = f"{entry.name} on {name}: {scores['accuracy']:.2%}, {scores['errors']:,} errors"
            console.print(line, markup=False)
        draw_mistakes(model, page.picture_of(entry.name))
    page.write(names(manifest))


def main() -> int:
    """The program; its exit status, as numink's commands have it."""
    parser = argparse.ArgumentParser(prog="python -m shipped", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help="a model of models.toml; all by default")
    parser.add_argument(
        "--handwriting", metavar="FOLDER", type=Path, help="pictures of one digit each, with labels.csv"
    )
    parser.add_argument("--pages", metavar="N", type=int, default=PAGES, help="that the reader is calibrated on")
    chosen = parser.parse_args()
    try:
        make(chosen.names, chosen.handwriting, pages=chosen.pages)
    except (NuminkError, OSError) as error:
        sys.stderr.write(f"make models: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("make models: stopped; make models again goes on\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
