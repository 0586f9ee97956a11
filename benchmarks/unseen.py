"""Does a network read handwriting of another kind than it was trained on? With strokes and augmentation, and without.

`python -m benchmarks.unseen FOLDER` takes a folder of pictures with one digit each and a labels.csv with the columns
file and label. Nothing of it is trained on, nothing is chosen by it.
"""

from benchmarks import common  # first: it makes the start fair

import csv
import sys
from pathlib import Path
from statistics import mean

import numpy as np
from PIL import Image

import numink
from numink.data.digits import Bytes, Part
from numink.data.normalise import normalise
from numink.recipe import load

SEEDS = range(3)
EPOCHS = 30
RECIPE = "mlp-augmented"
TRAININGS = {
    "MNIST as it is": ("mnist", "data.augment=[]"),
    "MNIST, augmented": ("mnist",),
    "MNIST and 60,000 strokes, augmented": (["mnist", "strokes 60000"],),
    "60,000 strokes alone, augmented": ("strokes",),
}


def cut_out(path: Path) -> Bytes:
    """The digit of a picture, 28 x 28: what differs most from the paper, whichever of the two is brighter.

    The paper is the middle grey of the border; ink is what lies beyond Otsu's threshold (1979) from it.
    """
    picture = Image.open(path).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    grey = np.asarray(white.convert("L"), np.float32)
    paper = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    contrast = np.abs(grey - paper)
    ink = np.clip((contrast - otsu(contrast)) / max(np.ptp(contrast), 1) * 2, 0, 1)
    return normalise((ink * 255).astype(np.uint8))


def otsu(grey: np.ndarray) -> float:
    """The threshold that parts the values into the two groups with the least variance within them."""
    counts, edges = np.histogram(grey, 256)
    below, middles = np.cumsum(counts), (edges[:-1] + edges[1:]) / 2
    sums = np.cumsum(counts * middles)
    between = (sums[-1] * below / below[-1] - sums) ** 2 / np.maximum(below * (below[-1] - below), 1)
    return float(middles[between.argmax()])


def read_folder(folder: Path) -> Part:
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return Part.of(np.stack([cut_out(folder / row["file"]) for row in rows]), [int(row["label"]) for row in rows])


def main() -> None:
    unseen, test = read_folder(Path(sys.argv[1])), numink.load("mnist").test
    rows = []
    for name, (source, *settings) in TRAININGS.items():
        scores = []
        for seed in SEEDS:
            recipe = load(RECIPE).with_settings([*settings, f"train.epochs={EPOCHS}"])
            model = numink.train(numink.load(source, seed=seed), recipe, seed=seed)
            scores.append((model.test(unseen), model.test(test)))
            print(name, seed, scores[-1][0].errors, scores[-1][1].accuracy, file=sys.stderr, flush=True)
        errors = [on_unseen.errors for on_unseen, _ in scores]
        rows.append(
            [
                name,
                f"**{mean(errors):.1f}** ({', '.join(map(str, errors))})",
                f"{mean(on_unseen.loss for on_unseen, _ in scores):.3f}",
                f"{mean(on_test.accuracy for _, on_test in scores):.2%}",
            ]
        )
    header = [f"`{RECIPE}` trained on", f"errors in {len(unseen)} (each seed)", "cross-entropy", "MNIST's test images"]
    text = (
        "Photographs of pen on paper, drawings by mouse and tablet, and small inverted scans, one digit each, cut out "
        "by a plain threshold, which is not numink's reader. No network has seen any of it, and nothing was chosen by "
        f"it; but they are few: none wrong of {len(unseen)} may still be one in ten wrong of many. {EPOCHS} epochs "
        "each. FOLDER holds the pictures and a labels.csv with the columns file and label; this one may not "
        "be passed on.\n\n" + common.table(header, rows)
    )
    common.publish("unseen", "Handwriting of other kinds", "python -m benchmarks.unseen FOLDER", text)


if __name__ == "__main__":
    main()
