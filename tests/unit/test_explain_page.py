"""The page and the text of an explanation: whole, in one file, and with the numbers that the engine gave."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from explained import BRANCHED, DEEP, ENDLESS, SMALL, digit, model, part, quiet
from numink.data.digits import Part
from numink.understand.explain import dream
from numink.understand.explain.as_json import to_json
from numink.understand.explain.explanation import explain
from numink.understand.explain.nearest import similar
from numink.understand.explain.one_image import Picked
from numink.understand.explain.page import render
from numink.understand.explain.pictures import diverging, mosaic, show, strip
from numink.understand.explain.text import lines
from numink.understand.explain.words import alike, in_percent, number

CHAINS = {
    "small": SMALL,
    "deep": DEEP,
    "branched": (*BRANCHED, "flatten", "dense 10"),
    "endless": ENDLESS,
    "bare": ("dense 10",),
    "wide": ("dense 40", "sigmoid", "dense 33", "gelu", "leaky-relu", "dense 10"),
}
PICKED = Picked(digit(), 3, "digits:3", "image 3 of the test part, as it is")
VOID = {"meta", "link", "img"}


class Page(HTMLParser):
    """The tags and the visible text of a page, in which every tag is closed."""

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

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split()).replace("\N{MINUS SIGN}", "-")

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


@pytest.fixture(scope="module")
def explained():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dream, "STEPS", 2)
        return {name: explain(model(words), digit(), 3, part(12), quiet) for name, words in CHAINS.items()}


def page_of(one, picked=PICKED, name="plain", training="digits"):
    return render(one, picked, name, training)


@pytest.mark.parametrize("name", CHAINS)
def test_every_network_has_a_whole_page_that_asks_nothing_of_others(explained, name):
    html = page_of(explained[name])
    page = Page(html)

    assert not re.search("https?:", html.lower())
    assert len(html) < 600_000
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {link["href"].removeprefix("#") for link in page.all("a")} <= set(ids)
    assert all(image["src"].startswith("data:image/png;base64,") and "alt" in image for image in page.all("img"))
    assert not re.search(r"\bnan\b|\binf\b|None|Undefined", page.text)


@pytest.mark.parametrize("name", ["small", "deep", "bare"])
def test_each_layer_is_there_with_its_equations_both_ways(explained, name):
    one = explained[name]
    html = page_of(one)
    forward, backward = html.split('id="backward"')

    for place, step in enumerate(one.steps, start=1):
        for half in (forward, backward):
            assert f'<span class="note">{place}</span>{step.name}</h3>' in half
    for place in (2, 11, 12):
        assert f"({place})</span>" in forward
    for place in (17, 20, 21, 22, 37):
        assert f"({place})</span>" in backward


def test_each_number_that_is_shown_is_the_trace_s(explained):
    one = explained["small"]
    page = Page(page_of(one))

    for step in one.steps[2:]:
        texts, power = alike(step.Z)
        assert power == 0
        assert " ".join(f"{place}{text}" for place, text in enumerate(texts)) in page.text
        assert f"{number(step.Z.min())} to {number(step.Z.max())}" in page.text
    assert number(one.loss) in page.text
    for before, after in zip(one.probabilities, one.update.probabilities, strict=True):
        assert in_percent(before) in page.text
        assert in_percent(after) in page.text


@pytest.mark.parametrize(("loss", "places"), [("logistic", (3, 14, 18)), ("squared-error", (15, 19))])
def test_other_losses_are_told_by_their_own_equations(loss, places, monkeypatch):
    monkeypatch.setattr(dream, "STEPS", 2)
    one = explain(model(("dense 10",), loss=loss), digit(), 3, None, quiet)

    html, text = page_of(one), "\n".join(lines(one))
    for place in places:
        assert f"({place})</span>" in html
        assert f"({place})" in text
    assert "(12)" not in html + text


def test_that_paper_teaches_nothing_is_said_where_paper_is_zero(explained):
    one = explained["small"]
    first = replace(one.steps[2], X=one.steps[2].X - 0.5)

    assert "Where there was paper, nothing is learnt" in page_of(one)
    moved = replace(one, steps=(*one.steps[:2], first, *one.steps[3:]))
    assert "Where there was paper" not in page_of(moved)


def test_hostile_names_stay_text(explained):
    bad = '<script>alert(1)</script>"&\udcff'
    html = page_of(explained["bare"], Picked(digit(), 3, bad, bad), bad, bad)

    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)") >= 4
    html.encode()


def test_what_is_said_of_label_and_answer(explained):
    one = explained["small"]
    other = (one.answer + 1) % 10

    assert "That is right" in Page(page_of(replace(one, truth=one.answer))).text
    wrong = Page(page_of(replace(one, truth=other))).text
    assert f"That is wrong: it is a{'n' * (other == 8)} {other}, to which the model gives" in wrong
    unknown = Page(page_of(replace(one, truth=None))).text
    assert "That is" not in unknown
    asked = Page(page_of(replace(one, truth=one.answer, label=other))).text
    assert "That is right" in asked
    assert "A &lt;note&gt;" in page_of(replace(one, notes=("A <note>.",)))


def test_the_page_s_headline_is_the_model_s_and_each_digit_has_its_role(explained):
    one = explained["small"]
    read, asked, truth = [other for other in range(10) if other != one.look][:3]
    together = np.full(10, 0.02)
    together[read] = 0.82
    leanings = tuple(replace(one.leanings[0], digit=digit) for digit in (read, one.look, truth, asked))
    told = replace(one, together=together, truth=truth, label=asked, leanings=leanings)

    text = Page(page_of(told)).text
    assert f"{read} is what it reads, 82.0 % sure" in text.replace("\xa0", " ")
    for its, role in (
        (read, "what the model reads"),
        (one.look, "what this look reads"),
        (truth, "its label"),
        (asked, "the label asked for"),
    ):
        assert re.search(rf"For an? {its}, {role}: a lead of", text)
    found = to_json(told, PICKED, "plain", "x")
    assert (found["answer"], found["label"], found["right"]) == (read, truth, False)
    assert (found["explained"]["answer"], found["explained"]["label"]) == (one.look, asked)


def test_without_training_digits_it_says_why(explained):
    text = Page(page_of(replace(explained["small"], similar=None), training="they are not at hand")).text

    assert "Left out: they are not at hand." in text
    assert "Pixel by pixel" not in text


def test_a_training_part_that_is_the_image_alone_has_nothing_similar(explained):
    alone = similar(model(), digit(), Part(digit()[None], np.array([3], np.uint8)), quiet)

    assert (alone.pixels, alone.hidden) == ((), ())
    Page(page_of(replace(explained["small"], similar=alone)))


def test_some_drawn_by_lot_are_said_to_be_so(explained):
    one = explained["small"]
    fewer = replace(one, similar=replace(one.similar, searched=5000, images=60000))

    assert "among 5,000 of the 60,000, drawn by lot" in Page(page_of(fewer)).text
    assert "drawn by lot" not in Page(page_of(one)).text


def test_colours_by_hand():
    colours = diverging(np.array([[2.0, -1.0, 0.0]]), 2.0)

    assert colours[0, 0].tolist() == [0xC8, 0x50, 0x0A, 255]
    assert colours[0, 1].tolist() == [0x00, 0x67, 0xA8, 127]
    assert colours[0, 2, 3] == 0
    assert not diverging(np.zeros((2, 2)), 0.0)[..., 3].any()


def test_a_mosaic_has_each_map_in_its_place():
    maps = np.zeros((2, 3, 7))
    maps[1, 2, 6] = 1

    sheet = mosaic(maps, 1.0, enlarged=2, columns=5)

    assert sheet.shape == (2 * 6, 5 * 8, 4)
    full = np.argwhere(sheet[..., 3] == 255)
    assert (full.min(axis=0).tolist(), full.max(axis=0).tolist()) == ([6 + 3, 8 + 5], [6 + 4, 8 + 6])
    assert not sheet[6:, 16:].any()  # beyond the seventh there is nothing


def test_rows_maps_and_images_are_shown_by_their_size():
    assert [cell[:2] for cell in show(np.array([1.0, -2])).cells] == [(0, "1.00"), (1, "-2.00")]
    assert show(np.full(3, 2e-7)).power == -7
    assert show(np.ones(100)).src
    many = show(np.ones((4, 4, 50)))
    assert (many.maps, many.all_maps) == (32, 50)
    assert show(np.zeros((28, 28))).width_px == show(np.zeros((28, 28, 1))).height_px
    assert strip(np.arange(1152.0), 1151.0).shape[:2] == (17, 68)


@pytest.mark.parametrize("name", CHAINS)
def test_the_text_fits_a_terminal(explained, name):
    text = list(lines(explained[name]))

    assert max(map(len, text)) <= 80
    assert [line for line in text if line.endswith("<- the label")]
    assert not [line for line in text if "nan" in line]


@pytest.mark.parametrize("factor", [1e-8, 1e-3, 1, 730, 1e9])
def test_columns_of_numbers_of_any_size_keep_their_width(explained, factor):
    one = explained["deep"]
    steps = tuple(replace(step, Z=-factor * step.Z, dZ=factor * step.dZ) for step in one.steps)

    rows = list(lines(replace(one, steps=steps)))
    summed = rows[1 : rows.index("")]

    assert {len(row) for row in summed} == {80}
    for row in summed:
        assert row[21] == row[39] == " "
        assert re.fullmatch(r"\S+ to \S+ +\S+ +\S+", row[40:])


def test_a_sure_network_is_never_said_to_be_certain(explained):
    one = explained["small"]
    P = np.zeros(10)
    P[3] = 1
    sure = replace(one, probabilities=P, together=P, update=replace(one.update, probabilities=P))

    told = "\n".join(lines(sure))
    text = Page(page_of(sure)).text
    assert "P_3 > 0.999999, J = " in told
    assert "P3 > 0.999999: the loss is" in text
    for shown in (told, text):
        assert "> 99.9999" in shown
        assert "100.0" not in shown
        assert "0.0000 " not in shown.split("ONE STEP")[-1].split("One step of plain")[-1].split("Which pixels")[0]


def test_small_networks_are_written_out_and_large_ones_summed_up(explained):
    one = explained["small"]
    small, deep = ("\n".join(lines(explained[name])) for name in ("small", "deep"))

    for step in one.steps[2:]:
        for place, text in enumerate(alike(step.Z)[0]):
            assert f"{place}: {text:>6}" in small
    assert "unit " in small
    assert "(784 x 1) (1 x 15) → (784 x 15)" in small
    assert re.search(r"\n 3 conv 3 5x5 +1 x 24 x 24 x 3 +\S+ to ", deep)
    assert "unit " not in deep


def test_json_has_the_same_numbers(explained, tmp_path):
    one = explained["deep"]
    found = to_json(one, PICKED, "plain", tmp_path / "explain.html")

    assert [layer["name"] for layer in found["layers"]] == [step.name for step in one.steps]
    assert found["layers"][4]["parameters"]["gamma"]["norm"] == pytest.approx(np.linalg.norm(one.steps[4].p.gamma))
    assert found["step"]["probabilities"] == one.update.probabilities.tolist()
    assert np.shape(found["speaks_for"][0]["occlusion"]) == (28, 28)
    assert [near["index"] for near in found["similar"]["pixels"]] == [near.index for near in one.similar.pixels]
    assert to_json(replace(one, similar=None), PICKED, "plain", tmp_path)["similar"] is None
