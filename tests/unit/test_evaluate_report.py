import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from numink.evaluate import report as module
from numink.evaluate.look import PALETTE
from numink.evaluate.report import Outcome, RunReport, render
from numink.evaluate.run_report import next_commands
from numink.recipe import load
from numink.scores import score

VOID = {"meta", "link", "img", "br", "hr", "input"}


class Page(HTMLParser):
    """Collects the tags of a page and its visible text, and insists that every tag is closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.texts = [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


def outcome(images=400, mistakes=24, **changes):
    """A test part whose last `mistakes` images are read wrong: a 4 as 9, the surer the later."""
    rng = np.random.default_rng(0)
    labels = np.arange(images) % 10
    labels[images - mistakes :] = 4
    read = labels.copy()
    read[images - mistakes :] = 9
    confidence = np.linspace(0.55, 0.95, images)
    probabilities = np.repeat(((1 - confidence) / 9)[:, None], 10, axis=1)
    probabilities[np.arange(images), read] = confidence
    probabilities[images - mistakes :, [0, 4]] *= [0.5, 1.5]  # the true digit comes second
    pictures = rng.integers(0, 256, (images, 28, 28), dtype=np.uint8)
    part = Outcome("MNIST's test set", True, pictures, labels, probabilities, score(probabilities, labels))
    return replace(part, **changes)


def run(**changes):
    rows = np.arange(1, 21)
    whole = RunReport(
        title="mlp",
        trained_on="55,000 images of MNIST",
        facts={"Parameters": "101,770", "Seed": "0"},
        layers=["784 pixels", "dense 12", "softmax"],
        history={"epoch": rows, "loss": 2 / rows, "accuracy": 1 - 0.5 / rows, "validation_loss": 2.1 / rows},
        x_label="epoch",
        stopped="all 20 epochs were done",
        tested=outcome(),
        weights=np.random.default_rng(0).normal(size=(28, 28, 12)),
        recipe='[train]\noptimizer = "adam"\n',
        commands=["numink test runs/mlp", "numink doctor runs/mlp"],
    )
    return replace(whole, **changes)


@pytest.fixture(scope="module")
def html():
    return render(run())


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def test_nothing_is_fetched_from_anywhere(html, page):
    assert "http:" not in html.lower()
    assert "https:" not in html.lower()
    assert "@import" not in html
    assert not {"script", "iframe", "object", "embed", "base"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        for name in ("src", "href", "xlink:href", "action", "srcset"):
            assert attributes.get(name, "#").startswith(("#", "data:"))
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", html))
    policy = next(meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert len(html) < 1_500_000


def test_the_page_is_accessible(page):
    assert ("html", {"lang": "en"}) in page.tags
    assert all(image["alt"] for image in page.all("img"))
    assert len(page.all("svg")) == 6
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in page.all("svg"))
    assert all(header["scope"] in ("row", "col") for header in page.all("th"))
    headings = [tag for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings.count("h1") == 1
    assert headings[:2] == ["h1", "h2"]
    assert set(headings) == {"h1", "h2", "h3"}


def test_ids_are_unique_and_links_within_the_page_lead_somewhere(page):
    ids = Counter(attributes["id"] for _, attributes in page.tags if "id" in attributes)
    assert max(ids.values()) == 1
    links = [attributes["href"][1:] for attributes in page.all("a")]
    assert len(links) == 9
    assert set(links) <= set(ids)
    assert {section["aria-labelledby"] for section in page.all("section")} <= set(ids)


def test_the_sections_stand_in_order(page):
    order = [section["id"] for section in page.all("section")]
    assert order == [
        "result",
        "training",
        "confusions",
        "samples",
        "mistakes",
        "digits",
        "confidence",
        "weights",
        "recipe",
    ]


def test_the_headline_says_what_was_measured_on_what(page):
    low, high = (f"{100 * bound:.2f} %" for bound in outcome().scores.interval_95)
    assert "94.00 % of the digits were read right" in page.text
    assert "learned from 55,000 images of MNIST" in page.text
    assert "tested on 400 images that it had not learned from, MNIST's test set" in page.text
    assert "376 right and 24 wrong" in page.text
    assert f"between {low} and {high} right".replace(" right", "") in page.text
    assert "There was no test part" not in page.text
    assert "Training ended because all 20 epochs were done." in page.text


def test_figures_are_put_into_words(page):
    assert "Most often it took a 4 for a 9 (24 times)." in page.text
    assert "The cost went from 2 to 0.1 on training data and from 2.1 to 0.105 on validation data." in page.text
    assert "The accuracy went from 50.00 % to 97.50 % on training data." in page.text


def test_validation_images_are_called_so():
    text = Page(render(run(tested=outcome(name="the validation images", is_test=False)))).text
    assert "that it had not learned from, the validation images: it read" in text
    assert "There was no test part: these are validation images" in text


def test_the_worst_mistakes_are_the_surest_with_their_probabilities(html, page):
    alts = [image["alt"] for image in page.all("img")]
    assert len(alts) == 20 + 12
    assert alts[20:] == [f"Image {index}: a 4 by hand" for index in range(399, 387, -1)]
    section = html[html.index('id="mistakes"') : html.index('id="digits"')]
    assert section.count("<tr") == 12 * 3
    assert section.count('<tr class="read">') == section.count('<tr class="true">') == 12
    assert 'style="width: 95.0%"' in section
    assert "95.0\xa0%" in section


def test_samples_are_drawn_whatever_was_read():
    part = outcome()
    others = np.roll(part.probabilities, 1, axis=1)
    wrong = replace(part, probabilities=others, scores=score(others, part.labels))
    drawn = [[image["alt"] for image in Page(render(run(tested=t))).all("img")][:20] for t in (part, wrong)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0])) == 20


def test_the_same_run_gives_the_same_page(html):
    assert render(run()) == html


def test_hostile_text_stays_text():
    evil = "</code></pre><script>alert('x')</script><img src=x onerror=\"alert(1)\">{{ 7 * 7 }}"
    part = outcome(name=evil)
    hostile = run(
        title=evil,
        trained_on=evil,
        facts={evil: evil},
        layers=[evil],
        stopped=evil,
        recipe=evil,
        commands=[evil],
        tested=part,
    )
    page = Page(render(hostile))
    assert not page.all("script")
    assert all("onerror" not in attributes for _, attributes in page.tags)
    assert page.text.count("<script>alert('x')</script>") == 11  # title and name of the test part stand there twice
    assert page.text.count("{{ 7 * 7 }}") == 11


def test_a_run_without_any_image_kept_back():
    page = Page(render(run(tested=None)))
    assert "how well it reads is not known yet" in page.text
    assert [section["id"] for section in page.all("section")] == ["result", "training", "weights", "recipe"]


def test_a_network_whose_first_weights_are_no_pictures_shows_none():
    page = Page(render(run(weights=None)))
    assert "weights" not in [section["id"] for section in page.all("section")]


def test_the_kernels_of_a_first_convolution_are_shown_as_what_they_are():
    assert "one kernel of 5 x 3 pixels" in Page(render(run(weights=np.ones((5, 3, 12))))).text
    assert "one kernel" not in Page(render(run())).text


@pytest.mark.parametrize("mistakes", [0, 1, 30])
def test_all_right_and_all_wrong(mistakes):
    text = Page(render(run(tested=outcome(images=30, mistakes=mistakes)))).text
    assert ("every image was read right" in text) == (mistakes == 0)
    assert ("a 4 for a 9 (once)" in text) == (mistakes == 1)


def test_a_single_image():
    assert "drawn by lot" in Page(render(run(tested=outcome(images=1, mistakes=0)))).text


@pytest.mark.parametrize(
    ("history", "figures"),
    [
        ({}, []),
        ({"epoch": [1], "loss": [np.nan]}, []),
        ({"epoch": [1], "loss": [2.3], "accuracy": [0.1]}, ["cost", "accuracy"]),
        ({"loss": [2.3, np.inf, np.nan], "learning_rate": [0.1] * 3}, ["cost"]),
        ({"step": np.arange(1500), "validation_accuracy": np.linspace(0, 1, 1500)}, ["accuracy"]),
    ],
)
def test_any_history_will_do(history, figures):
    page = Page(render(run(history=history, x_label="iteration")))
    captions = [svg["aria-label"] for svg in page.all("svg") if " went " in svg["aria-label"]]
    assert [caption.split()[1] for caption in captions] == figures
    assert ("training" in [section["id"] for section in page.all("section")]) == bool(figures)


def test_confidence_in_words():
    rows = np.arange(200)
    read, labels = rows % 10, np.where(rows < 160, rows % 10, (rows + 1) % 10)  # 80 % are right
    for confidence, words in (
        (0.8, "taken at its word"),
        (0.95, "surer than it should"),
        (0.6, "more modest"),
    ):
        probabilities = np.full((200, 10), (1 - confidence) / 9)
        probabilities[rows, read] = confidence
        part = outcome(200, 0, labels=labels, probabilities=probabilities, scores=score(probabilities, labels))
        assert words in Page(render(run(tested=part))).text


def test_light_and_dark_know_every_colour_of_the_figures():
    css = Path(module.__file__).with_name("page.css").read_text()
    light, dark = css.split("@media (prefers-color-scheme: dark)", 1)
    for name, colour in PALETTE.items():
        assert f"--{name}: {colour};" in light
        assert f"--{name}: #" in dark


def test_what_learned_what_is_no_digit_is_for_reading():
    recipe = load("cnn")
    reader = replace(recipe, data=replace(recipe.data, source=("strokes 2000", "non-digits 1000", "doubtful")))
    commands = [" ".join(line.split()[:2]) for line in next_commands(Path("runs/a"), reader)]

    assert commands == ["numink read", "numink calibrate", "numink test"]
    assert next_commands(Path("runs/a"), recipe)[1].startswith("numink predict runs/a ")
