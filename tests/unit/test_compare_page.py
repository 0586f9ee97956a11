"""The page of a comparison, and its pictures."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from numink.recipe import Recipe
from numink.training.state import COLUMNS
from numink.understand.compare import plots
from numink.understand.compare.comparison import Comparison
from numink.understand.compare.one_run import PartFigures, RunFailure, RunFigures
from numink.understand.compare.page import compare_page
from numink.understand.compare.variants import Variant, variants

HOSTILE = '<script>alert("it")</script> & "so on"'


def figures(rng, images):
    return PartFigures(images, round(rng.uniform(0.85, 0.95), 4), rng.uniform(90, 150), rng.uniform(0.2, 0.4))


def comparison(folder, those, *, seeds=3, epochs=12, test=True, failed=()):
    """Runs that were never trained, with histories that a plot can draw."""
    rng, runs = np.random.default_rng(0), []
    for variant in those:
        for seed in range(seeds):
            run = folder / "runs" / variant.folder / f"seed-{seed}"
            run.mkdir(parents=True)
            cost = rng.uniform(0.5, 2) / np.arange(1, epochs + 1)
            rows = [[i + 1, 10 * (i + 1), i / 7, 0.1, c, 1 - c / 4, c, 1 - c / 4] for i, c in enumerate(cost)]
            lines = [",".join(COLUMNS), *(",".join(map(str, row)) for row in rows)]
            (run / "history.csv").write_text("\n".join(lines) + "\n")
            judged = [figures(rng, images) for images in (500, 100, 200)]
            if variant is those[1]:
                judged[1] = replace(judged[1], accuracy=0.96)
            seconds = 2.0 + len(runs)
            args = (
                variant.name,
                seed,
                7850,
                epochs,
                10 * epochs,
                seconds,
                "few",
                "0" * 16,
                "0.1",
                "numpy",
                0.4321,
                *judged[:2],
                judged[2] if test else None,
            )
            runs.append(RunFigures(*args))
    return Comparison(folder, "numink compare it", those, seeds, tuple(runs), tuple(failed))


class Page(HTMLParser):
    """Its text, its links, and whether every element that is opened is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.links, self.ids = [], [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes[name] for name in ("href", "src") if name in attributes]
        if tag not in ("meta", "link", "img", "br", "path", "use", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in ("meta", "link", "img", "br", "path", "use", "input"):
            assert self.open.pop() == tag

    def handle_data(self, text):
        self.words += text.split() if not self.open or self.open[-1] not in ("style", "script") else []

    @property
    def text(self):
        return " ".join(self.words)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    those = variants(["classic-15-relu"], ["network.activation=sigmoid,tanh,relu"])
    failure = RunFailure("relu", 3, "TrainingError", f"the loss became nan {HOSTILE}")
    return comparison(tmp_path_factory.mktemp("compared"), those, failed=[failure])


@pytest.fixture(scope="module")
def text(found):
    return compare_page(found)


def test_it_is_one_file_with_what_there_is_to_say(found, text):
    page = Page(text)

    assert " ".join(found.sentence.split()) in page.text.replace("\xa0", " ")
    assert len(page.ids) == len(set(page.ids))
    inside = [link for link in page.links if link.startswith("#")]
    assert set(inside) <= {f"#{id_}" for id_ in page.ids}
    runs = [f"runs/{run.variant}/seed-{run.seed}/report.html" for run in found.runs]
    assert [link for link in page.links if not link.startswith(("#", "data:"))] == runs
    assert text.count("<svg") == 4 + 4 + 1  # bars, curves, and accuracy over time, for times that are far apart
    assert "network.activation" in page.text
    assert "numink compare it" in page.text
    assert "1 of 10 runs failed" in page.text
    assert "validation, last epoch" in page.text
    assert "43.21" in page.text
    assert "numink 0.1, numpy" in page.text
    assert "3 for each variant; compared by the 3 that they share" in page.text


def test_nothing_that_it_shows_is_markup(text):
    assert "alert" in text
    assert "<script" not in text


def test_colours_follow_the_page_into_the_dark(text):
    colours = {
        colour for svg in re.findall("<svg.*?</svg>", text, re.S) for colour in re.findall(r"#[0-9a-f]{6}\b", svg)
    }

    assert colours <= {"#000000", "#ffffff"}


def test_an_accuracy_that_is_marked_best_is_the_best(found, text):
    (marked,) = re.findall(r'<tr class="best"><th scope="row">(\w+)</th><td>', text.split('id="errors"')[0])

    assert marked == found.best.name == "tanh"


@pytest.mark.parametrize(("count", "seeds"), [(2, 1), (12, 2)])
def test_few_and_many_variants_one_seed_and_several_no_test_part(tmp_path, count, seeds):
    recipes = [Recipe(f"a recipe with a long name, number {number}") for number in range(count)]
    recipes = [replace(recipe, train=replace(recipe.train, epochs=n + 1)) for n, recipe in enumerate(recipes)]
    those = tuple(Variant(recipe.name, recipe, f"v{number}") for number, recipe in enumerate(recipes))
    page = Page(compare_page(comparison(tmp_path, those, seeds=seeds, test=False)))

    assert ("The 8 best of 12 variants." in page.text) == (count == 12)
    assert ("Not tested: one seed alone" in page.text) == (seeds == 1)
    assert "test images" not in page.text


def test_a_band_reaches_from_the_lowest_seed_to_the_highest(found):
    figure = plots.curves(found, "validation", "accuracy")
    (axes,) = figure.axes
    bands = [collection.get_paths()[0].vertices[:, 1] for collection in axes.collections]

    assert [line.get_label() for line in axes.lines] == ["sigmoid", "tanh", "relu"]
    for variant, line, band in zip(found.variants, axes.lines, bands, strict=True):
        seen = plots.course(found, variant, "validation", "accuracy", "iteration")
        assert line.get_ydata().tolist() == seen.mean.tolist()
        assert (band.min(), band.max()) == (pytest.approx(seen.low.min()), pytest.approx(seen.high.max()))
    heights = sorted(text.xy[1] for text in axes.texts)
    assert np.diff(heights).min() >= plots.LINE_GAP - 1e-9


def test_bars_begin_at_zero_and_end_at_the_mean(found):
    (axes,) = plots.bars(found, "test", "accuracy").axes

    assert axes.get_xlim()[0] == 0
    for bar, variant in zip(axes.patches, found.variants, strict=True):
        assert bar.get_x() == 0
        mean = found.spread(variant.name, "test", "accuracy").mean
        assert bar.get_width() == pytest.approx(100 * (1 - mean))


def test_histories_of_different_lengths_are_drawn_as_far_as_all_went(tmp_path):
    those = variants(["small-10"], ["network.activation=sigmoid,tanh"])
    found = comparison(tmp_path, those, seeds=2)
    path = Path(tmp_path, "runs", "tanh", "seed-1", "history.csv")
    path.write_text("\n".join(path.read_text().splitlines()[:2]) + "\n")  # one epoch alone

    assert plots.course(found, those[1], "training", "loss", "epoch").x.tolist() == [1]
    assert plots.course(found, those[0], "training", "loss", "epoch").x.tolist() == [*range(1, 13)]
    assert "<svg" in compare_page(found)
