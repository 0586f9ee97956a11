"""Makes the README's picture, docs/pictures/numink.png, from a real run: unseen digits, curves, kernels.

`python docs/make_picture.py` trains the recipe cnn, some minutes, and draws; `python docs/make_picture.py RUN` takes a
finished run of that recipe.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import numink
from numink.evaluate.look import PALETTE, png, styled

PICTURE = Path(__file__).parent / "pictures" / "numink.png"
RECIPE = "cnn"
MISTAKES, RIGHT, COLUMNS = 6, 18, 6
GRID = {"left": 0.02, "right": 0.98, "top": 0.86, "bottom": 0.02, "wspace": 0.1, "hspace": 0.28}


@styled
def draw(model: numink.Model, test: numink.Part, history: np.ndarray) -> bytes:
    """The picture as PNG: digits with what was read, the curves, the first layer's kernels."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.1), facecolor="white")
    left, middle, right = figure.subfigures(1, 3, width_ratios=(1.2, 1, 1))
    read = model.predict(test.images)
    rng = np.random.default_rng(3)
    wrong = np.flatnonzero(read != test.labels)
    chosen = np.concatenate(
        [
            rng.choice(np.flatnonzero(read == test.labels), RIGHT, replace=False),
            rng.choice(wrong, MISTAKES, replace=False),
        ]
    )
    left.suptitle(f"Never seen before: {np.mean(read == test.labels):.2%} read right", fontsize=11, y=0.99)
    for axes, index in zip(left.subplots(len(chosen) // COLUMNS, COLUMNS, gridspec_kw=GRID).flat, chosen, strict=True):
        axes.imshow(255 - test.images[index], cmap="gray", vmin=0, vmax=255)
        mistaken = read[index] != test.labels[index]
        caption = f"{read[index]}, is {test.labels[index]}" if mistaken else str(read[index])
        axes.set_title(caption, loc="center", fontsize=9, pad=3, color=PALETTE["red" if mistaken else "ink"])
        axes.set_axis_off()
    middle.suptitle("Accuracy while it learns", fontsize=11, y=0.99)
    axes = middle.subplots(gridspec_kw={"left": 0.16, "right": 0.95, "top": 0.88, "bottom": 0.14})
    axes.plot(history["epoch"], history["accuracy"], label="training, bent and turned", color=PALETTE["blue"])
    axes.plot(history["epoch"], history["validation_accuracy"], label="validation", color=PALETTE["red"])
    axes.set_ylim(max(0.9, history["accuracy"].min()), 1)
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.set_xticks(history["epoch"][3::4])
    axes.set_xlabel("epoch")
    axes.legend(loc="lower right")
    right.suptitle("What the first layer looks for", fontsize=11, y=0.99)
    kernels = next(views.W for views in model.network.layout.views(model.theta) if vars(views))[:, :, 0]
    strongest = np.argsort(-np.abs(kernels).max(axis=(0, 1)))[:30]
    for axes, kernel in zip(right.subplots(5, 6, gridspec_kw=GRID).flat, strongest, strict=True):
        largest = np.abs(kernels[..., kernel]).max()
        axes.imshow(kernels[..., kernel], cmap="RdBu_r", vmin=-largest, vmax=largest)
        axes.set_axis_off()
    return png(figure, dots_per_inch=140)


def main() -> None:
    """Train, or take the finished run of that recipe whose folder is named; draw; write."""
    digits = numink.load("mnist")
    assert digits.test is not None
    with tempfile.TemporaryDirectory() as new:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(new, "run")
        if len(sys.argv) == 1:
            numink.train(digits, RECIPE, out=folder)
        history = np.genfromtxt(folder / "history.csv", delimiter=",", names=True)
        PICTURE.write_bytes(draw(numink.load_model(folder), digits.test, history))


if __name__ == "__main__":
    main()
