"""The page and the pictures of a study: what they say, from studies made up for it."""

import re
from dataclasses import replace

import pytest

from numink.recipe import Recipe, load
from numink.understand.tune import plots
from numink.understand.tune.page import changed, told, tune_page
from numink.understand.tune.space import Axis, Space, load_space
from numink.understand.tune.study import Tried, Tuned

FACTS = {"parameters": 1234, "epochs": 3, "best_epoch": 2, "seconds": 4.2}
AXES = (
    Axis("train.learning_rate", low=0.001, high=0.1, log=True),
    Axis("train.optimizer", ("adam", "momentum")),
    Axis("data.augment", ([], ["shift 1", "rotate 8"])),
)
SPACE = Space(load("small-10"), AXES)
OWN = {"train.learning_rate": 0.01, "train.optimizer": "adam", "data.augment": []}


def tried(number, accuracy, state="done", **values):
    course = {} if accuracy is None else {10: accuracy - 0.2, 20: accuracy}
    changes = {f"{key.replace('__', '.')}": value for key, value in values.items()}
    return Tried(number, state, OWN | changes, accuracy, course, FACTS if state == "done" else {})


def study(*trials):
    return Tuned(SPACE, [replace(tried(0, 0.90), is_default=True), *trials])


SOME = study(
    tried(1, 0.95, train__learning_rate=0.023456, data__augment=["shift 1", "rotate 8"]),
    tried(2, 0.40, "pruned", train__optimizer="momentum"),
    replace(tried(3, None, "failed", train__learning_rate=0.1), why="the loss became nan <b>"),
    tried(4, None, "running"),
    tried(5, 0.95),
)


def text_of(page):
    """What a reader reads: without markup, white space as one blank."""
    body = re.sub(r"<svg.*?</svg>|<style>.*?</style>", "", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("\xa0", " ").split())


def test_the_best_is_the_first_of_equals_and_never_one_that_was_pruned():
    assert SOME.best.number == 1
    assert SOME.default.number == 0
    assert study(tried(1, 0.99, "pruned")).best.is_default
    assert SOME.counts() == {"done": 3, "pruned": 1, "failed": 1, "running": 1}


def test_what_a_trial_changed_in_words_and_as_rows():
    best = SOME.trials[1]

    assert told(SOME, SOME.trials[0]) == "small-10 itself"
    assert told(SOME, best) == "learning_rate 0.0235, augment shift 1 + rotate 8"
    assert told(SOME, SOME.trials[2]) == "momentum"
    assert told(SOME, SOME.trials[5]) == "as small-10"
    assert changed(SOME, best) == [
        ("train.learning_rate", "0.01", "0.0235"),
        ("data.augment", "none", "shift 1 + rotate 8"),
    ]


def test_the_page_says_what_was_found():
    page = tune_page(
        SOME,
        {"train.learning_rate": 0.75, "data.augment": 0.25},
        ["numink train best.toml"],
        "its pair flatters",
        "numink tune",
    )
    text = text_of(page)

    assert "95.00 % of the validation images read right" in text
    assert "small-10 itself read 90.00 % of them right" in text
    assert "better by 5.00 percentage points, and makes 50 % fewer mistakes" in text
    assert "Of 6 trials, 3 went to their end, 1 were stopped early, 1 failed, 1 were begun by other" in text
    assert "numink train best.toml its pair flatters" in text
    assert "ask with other seeds" in text
    assert "(the loss became nan &lt;b&gt;)" in text
    assert "numink train best.toml" in text
    assert 'optimizer = "adam"' in text.replace("&#34;", '"')
    assert page.count("<svg") == 2 + 1 + len(AXES)


def test_the_page_of_a_search_that_found_nothing_better():
    page = tune_page(study(tried(1, 0.5), tried(2, 0.9)), {}, [], "", "numink tune")

    assert "No trial was better than small-10 itself." in text_of(page)
    assert "other seeds" not in text_of(page)
    assert "too good" not in text_of(page)
    assert "What it changes" not in page
    assert "too few trials yet" in text_of(page)


def test_the_page_needs_nothing_but_itself():
    page = tune_page(SOME, {"train.learning_rate": 1.0}, [], "", "numink tune")

    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page)
    assert "<script" not in page


def test_names_of_studies_cannot_add_markup():
    space = replace(SPACE, recipe=replace(SPACE.recipe, name="<script>x</script>"))

    assert "<script" not in tune_page(replace(SOME, space=space), {}, ["<script>"], "<script>", "<script>")


def drawn(figure):
    """The marks in a picture: their x, y and shape."""
    (axes,) = figure.axes
    return {
        (round(float(line.get_xdata()[0]), 3), round(float(line.get_ydata()[0]), 3), line.get_marker())
        for line in axes.lines
        if len(line.get_xdata()) == 1
    }


def test_the_history_shows_every_trial_that_ended():
    figure = plots.history(SOME)
    marks = drawn(figure)
    bottom = min(y for _, y, _ in marks)

    assert {(1.0, 0.95, "o"), (5.0, 0.95, "o")} < marks
    assert any(x == 0 and y == pytest.approx(0.9) for x, y, _ in marks)
    assert {(2.0, bottom, "x"), (3.0, bottom, "x")} < marks  # far below, and without any accuracy
    assert len(marks) == 5
    low, high = figure.axes[0].get_ylim()
    assert 0.4 < low < bottom <= 0.9 < 0.95 < high
    far = drawn(plots.history(study(tried(1, 0.95), tried(2, 0.949), tried(3, 0.2))))
    assert {x for x, _, shape in far if shape == "v"} == {3.0}


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.key)
def test_a_slice_has_every_trial_with_a_result_the_best_red(axis):
    figure = plots.slice_of(SOME, axis)
    red = [line for line in figure.axes[0].lines if line.get_color() == plots.PALETTE["red"]]

    assert len(figure.axes[0].lines) == 5
    (best,) = red
    assert best.get_ydata()[0] == 0.95
    if axis.key == "train.learning_rate":
        assert best.get_xdata()[0] == 0.023456
    if axis.key == "data.augment":
        assert round(float(best.get_xdata()[0])) == 1


def test_the_importance_is_a_bar_for_each_key_the_largest_on_top():
    figure = plots.importances({"large": 0.75, "small": 0.25})
    widths = [bar.get_width() for bar in figure.axes[0].patches]

    assert widths == [0.25, 0.75]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["small", "large"]


def test_pictures_of_a_study_with_one_trial():
    alone = study()
    for figure in (plots.history(alone), plots.courses(alone), plots.slice_of(alone, AXES[0])):
        low, high = figure.axes[0].get_ylim()
        assert low < 0.9 < high


def test_a_recipe_outside_its_space_is_on_no_slice():
    outside = Tuned(SPACE, [replace(tried(0, 0.9), values={}, is_default=True), tried(1, 0.8)])

    assert len(plots.slice_of(outside, AXES[0]).axes[0].lines) == 1
    assert "No trial was better" in text_of(tune_page(outside, {}, [], "", "numink tune"))


def test_every_key_of_the_default_space_can_be_drawn():
    space = load_space(Recipe("mine"))
    tuned = Tuned(space, [Tried(0, "done", space.own(), 0.9, {30: 0.9}, FACTS, is_default=True)])

    assert tune_page(tuned, {}, [], "", "numink tune").count("<svg") == 2 + len(space.axes)
