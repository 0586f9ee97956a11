import re
import subprocess
import sys
from io import BytesIO

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from numink.evaluate import look, plots
from numink.evaluate.calibration import calibration

SETTINGS = dict(matplotlib.rcParams)  # while the tests are collected: nothing is drawn yet
HISTORY = {
    "epoch": [1, 2, 3],
    "loss": [2.3, 0.5, 0.05],
    "accuracy": [0.1, 0.8, 0.97],
    "validation_loss": [2.2, np.nan, 0.2],
    "validation_accuracy": [0.2, 0.95, 0.94],
}
CONFUSION = 90 * np.eye(10, dtype=np.int64)
CONFUSION[4, 9], CONFUSION[7, 2] = 12, 1


def lines(figure):
    return {line.get_label(): line.get_xydata().tolist() for line in figure.axes[0].get_lines()}


def figures():
    calibrated = calibration(np.eye(10)[[1, 2, 3]] * 0.9 + 0.01, [1, 2, 4])
    return {
        "cost": plots.cost(HISTORY),
        "accuracy": plots.accuracy(HISTORY),
        "confusion": plots.confusion(CONFUSION),
        "reliability": plots.reliability(calibrated),
        "reject": plots.reject_curve(calibrated),
        "weights": plots.weights(np.random.default_rng(0).normal(size=(28, 28, 12))),
    }


def test_curves_leave_out_what_is_not_a_number():
    drawn = lines(plots.cost(HISTORY))
    assert drawn["training"] == [[1, 2.3], [2, 0.5], [3, 0.05]]
    assert drawn["validation"] == [[1, 2.2], [3, 0.2]]


def test_iterations_stand_in_the_column_step():
    history = {"step": [10, 20], "epoch": [1, 1], "loss": [2.0, 1.0]}
    assert lines(plots.cost(history, "iteration")) == {"training": [[10, 2.0], [20, 1.0]]}
    assert lines(plots.cost({"loss": [2.0, 1.0]})) == {"training": [[1, 2.0], [2, 1.0]]}


def test_the_cost_is_drawn_logarithmically_only_where_it_falls_far():
    assert plots.cost(HISTORY).axes[0].get_yscale() == "log"
    assert plots.cost({"loss": [2.0, 1.0]}).axes[0].get_yscale() == "linear"
    assert plots.cost({"loss": [2.0, 0.0]}).axes[0].get_yscale() == "linear"


def test_the_best_accuracy_is_that_on_validation_data():
    assert plots.accuracy(HISTORY).axes[0].get_title(loc="right") == "best validation 95.00 %, epoch 2"
    alone = {"step": [5, 10], "accuracy": [0.4, 0.3]}
    assert plots.accuracy(alone, "iteration").axes[0].get_title(loc="right") == "best training 40.00 %, iteration 5"


def test_rare_mistakes_are_seen_beside_the_diagonal():
    tiles = {
        tuple(np.rint(np.add(tile.get_bbox().p0, 0.38)).astype(int)): tile
        for tile in plots.confusion(CONFUSION).axes[0].patches
    }
    assert len(tiles) == 12  # ten hits, two mistakes, and nothing for the zeros
    assert tiles[4, 4].get_facecolor()[:3] == to_rgb(look.PALETTE["blue"])
    assert tiles[9, 4].get_facecolor()[:3] == to_rgb(look.PALETTE["red"])  # column 9, row 4
    assert tiles[9, 4].get_alpha() > 2 * tiles[2, 7].get_alpha() > 0.3


def test_a_confusion_without_mistakes_can_be_drawn():
    assert len(plots.confusion(np.diag([5] * 9 + [0])).axes[0].patches) == 9


def test_weights_are_red_above_zero_blue_below_and_nothing_at_zero():
    W = np.zeros((28, 28, 30))
    W[0, 0, 0], W[1, 1, 0], W[..., 9] = 2.0, -2.0, 1.0  # two pixels of the first unit, all of the tenth
    figure = plots.weights(W)
    mosaic = np.asarray(figure.axes[0].images[0].get_array())

    assert mosaic.shape == (4 * 31, 8 * 31, 4)  # 30 units in rows of eight
    np.testing.assert_allclose(mosaic[0, 0], [*to_rgb(look.PALETTE["red"]), 1])
    np.testing.assert_allclose(mosaic[1, 1], [*to_rgb(look.PALETTE["blue"]), 1])
    assert mosaic[0, 1, 3] == mosaic[2, 2, 3] == 0
    assert (mosaic[31:59, 31:59, 3] > 0).all()  # second row, second column
    assert not mosaic[31:59, 28:31, 3].any()  # the gap before it


@pytest.mark.parametrize(("units", "rows", "columns"), [(1, 1, 1), (10, 2, 5), (25, 5, 5), (64, 8, 8), (800, 8, 8)])
def test_at_most_64_units_are_drawn(units, rows, columns):
    image = plots.weights(np.zeros((28, 28, units))).axes[0].images[0]
    assert image.get_array().shape == (31 * rows, 31 * columns, 4)


def test_small_kernels_are_drawn_larger():
    W = np.zeros((5, 3, 2))
    W[4, 2, 1] = 1
    mosaic = np.asarray(plots.weights(W).axes[0].images[0].get_array())
    assert mosaic.shape == (25 + 3, 2 * (15 + 3), 4)  # each weight five pixels wide
    assert np.argwhere(mosaic[..., 3]).min(axis=0).tolist() == [20, 18 + 10]
    assert np.count_nonzero(mosaic[..., 3]) == 25


@pytest.mark.parametrize("name", ["cost", "accuracy", "confusion", "reliability", "reject", "weights"])
def test_svg_follows_the_page(name):
    text = look.svg(figures()[name], name, 'a "hostile" <description>')

    assert text.startswith('<svg role="img" aria-label="a &quot;hostile&quot; &lt;description&gt;"')
    assert "http" not in text
    colours = set(re.findall(r"#[0-9a-f]{6}\b", text)) - {"#000000", "#ffffff"}
    assert not colours  # each is a variable of the page's
    ids = re.findall(r' id="([^"]+)"', text)
    assert all(each.startswith(f"{name}-") for each in ids)
    used = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)
    assert {clip or mark for clip, mark in used} <= set(ids)
    assert text == look.svg(figures()[name], name, 'a "hostile" <description>')  # the same bytes each time


def test_png_is_drawn_on_white():
    image = Image.open(BytesIO(look.png(figures()["cost"])))
    assert image.size == (round(4.2 * 160), round(3.2 * 160))
    assert image.convert("RGB").getpixel((0, 0)) == (255, 255, 255)


def test_settings_of_matplotlib_are_left_as_they_were():
    for name, figure in figures().items():
        look.svg(figure, name, name)
    assert dict(matplotlib.rcParams) == SETTINGS


def test_neither_a_screen_nor_heavy_imports_are_needed_before_a_figure_is():
    code = (
        "import sys, numink.evaluate.plots, numink.evaluate.report, numink.evaluate.sheet\n"
        "heavy = {'matplotlib', 'PIL', 'jinja2', 'rich', 'polars'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "numink.evaluate.plots.cost({'loss': [1.0]})\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
