"""What is said of each layer is what the engine does, under the derivation's numbers."""

import inspect
import re
from pathlib import Path

import pytest

from numink.nn import activations, losses, maps, norm, pool, residual
from numink.nn.build import ACTIVATIONS, WORDS, build
from numink.nn.layers import Dense, Flatten
from numink.nn.losses import LOSSES as KNOWN_LOSSES
from numink.understand.explain import equations
from numink.understand.explain.equations import LORE, LOSSES, STEP, Equation, html, of_layer, of_loss, text

EVERY = [(kind, lore) for table in (LORE, LOSSES) for kind, lore in table.items()]
DOCS = Path(__file__).parents[2] / "docs" / "backprop.md"


def test_no_layer_and_no_loss_is_without_its_words():
    chains = (
        ["conv 4 3x3", "pool 2x2", "average-pool 2x2", "norm", "drop-maps 0.1", ["residual", "relu"], "global-pool"],
        ["flatten", "dropout 0.1"],
    )
    known = {type(layer) for words in chains for layer in build([*words, "dense 10"]).layers}
    known |= {type(make()) for make in ACTIVATIONS.values()}

    assert known == set(LORE)
    assert len(known) == len(WORDS) + len(ACTIVATIONS) + 3  # pixels, "one map" and residual are no words
    assert {type(make(0.0)) for make in KNOWN_LOSSES.values()} == set(LOSSES)


@pytest.mark.parametrize(("kind", "lore"), EVERY, ids=lambda one: getattr(one, "__name__", ""))
def test_the_engine_s_lines_name_the_same_numbers(kind, lore):
    """But for eq. 23, the product with the slope, which the lines of most activations have in one with the slope."""
    source = inspect.getsource(kind)
    source += inspect.getsource(norm) if kind is norm.Norm else ""
    source += inspect.getsource(losses) if kind in LOSSES else ""
    source += inspect.getsource(maps.Dropout) if kind is maps.DropMaps else ""
    there = {int(n) for comment in re.findall(r"# eqs?\.(.*)", source) for n in re.findall(r"\d+", comment)}

    assert {place for _, place in (*lore.forward, *lore.backward)} - {0, 23} <= there


@pytest.mark.skipif(not DOCS.exists(), reason="numink is installed without its docs")
@pytest.mark.parametrize(
    ("equation", "begins"),
    [(STEP, r"\theta \leftarrow \theta - \eta")]
    + [
        (equation, equation.formula.split("=")[0].strip() + " =")
        for kind in (Dense, maps.Conv2d, residual.Residual, *(type(make()) for make in ACTIVATIONS.values()))
        for equation in (*LORE[kind].forward, *LORE[kind].backward)
        if kind is not maps.Conv2d or equation.number == 53
    ],
)
def test_an_equation_begins_as_in_the_derivation(equation, begins):
    (line,) = [line for line in DOCS.read_text("utf-8").splitlines() if f"\\tag{{{equation.number}}}" in line]

    assert line.startswith(begins)


@pytest.mark.parametrize(("kind", "lore"), EVERY, ids=lambda one: getattr(one, "__name__", ""))
def test_every_formula_can_be_shown(kind, lore):
    assert lore.says.endswith(".")
    for formula, _ in (*lore.forward, *lore.backward):
        page, terminal = str(html(formula)), text(formula)
        assert not set("{}_^") & set(re.sub("<[^>]+>", "", page))
        assert not set("{}") & set(terminal)
        opened = re.findall(r"<(\w+)>", page)
        assert sorted(opened) == sorted(re.findall(r"</(\w+)>", page))


def test_formulas_as_html():
    assert html("dW = X^T dZ") == ("<var>dW</var> = <var>X</var><sup><var>T</var></sup> <var>dZ</var>")
    assert html("A = max(Z, 0)") == "<var>A</var> = max(<var>Z</var>, 0)"
    assert html("A < <b>") == "<var>A</var> &lt; &lt;<var>b</var>&gt;"
    assert text("x_{ij} / e^{-Z}") == "x_ij / e^(-Z)"


def test_smoothed_targets_have_their_equation():
    plain, smoothed = (KNOWN_LOSSES["cross-entropy"](q) for q in (0.0, 0.1))

    targets = Equation("T_k = 0.1 / K, and 0.9 more for the label", 13)
    assert of_loss(smoothed).forward == (targets, *of_loss(plain).forward)


def test_letters_and_numbers_of_a_layer():
    assert of_layer(Dense(3, 2)).forward == (Equation("Z = X W + b", 2),)
    assert [place for _, place in of_layer(pool.MaxPool((2, 2))).backward] == [56]
    assert (of_layer(activations.Tanh()).enters, of_layer(activations.Tanh()).leaves) == ("Z", "A")
    assert of_layer(Flatten()).forward == ()
    assert equations.of_layer(maps.Maps()).backward == ()
