"""What each kind of layer does, in words and as equations: those of docs/backprop.md, with its numbers.

A formula is written once, with `_` and `^` for what stands low and high, `{}` around what is longer than a letter:
`text` makes it fit for a terminal, `html` for a page.
"""

# ruff: noqa: RUF001 - Greek letters are meant

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from numink.nn import activations, layers, losses, maps, norm, pool, residual
from numink.nn.layers import Layer
from numink.nn.losses import Loss

if TYPE_CHECKING:
    from markupsafe import Markup


class Equation(NamedTuple):
    """A formula, and its number in docs/backprop.md: 0 where it has none."""

    formula: str
    number: int


@dataclass(frozen=True)
class Lore:
    """What there is to say of a kind of layer: its letters for what enters and leaves, both ways, and one sentence."""

    enters: str
    leaves: str
    forward: tuple[Equation, ...]
    backward: tuple[Equation, ...]
    says: str


def _lore(letters: str, forward: str, backward: str, says: str) -> Lore:
    enters, leaves = letters.split()
    return Lore(enters, leaves, _equations(forward), _equations(backward), says)


def _equations(written: str) -> tuple[Equation, ...]:
    """From "Z = X W + b (2); ..."."""
    matches = [re.fullmatch(r"\s*(.*?)(?: \((\d+)\))?\s*", one) for one in written.split(";") if one.strip()]
    return tuple(Equation(match[1], int(match[2] or 0)) for match in matches if match)


def _activation(forward: str, slope: str, says: str) -> Lore:
    return _lore("Z A", forward, f"dZ = dA ⊙ g'(Z) (23); {slope}", says)


LORE: dict[type[Any], Lore] = {
    layers.Pixels: _lore(
        "U X", "X = factor U + shift (1)", "dU = factor dX", "The bytes of the image become numbers of moderate size."
    ),
    layers.Flatten: _lore("X X", "", "", "Only the shape changes: the same numbers, as one row."),
    maps.Maps: _lore("X X", "", "", "Only the shape changes: the image becomes a stack of one map."),
    layers.Dense: _lore(
        "X Z",
        "Z = X W + b (2)",
        "dW = X^T dZ (20); db = Σ_i dZ_i (21); dX = dZ W^T (22)",
        "Each unit weighs all numbers that come in, adds them up, and adds its bias.",
    ),
    maps.Conv2d: _lore(
        "X Z",
        "Z_{irc} = b + Σ_{uv} X_{i, sr+u, sc+v} W_{uv} (51)",
        "dW_{uv} = Σ_{irc} X_{i, sr+u, sc+v}^T dZ_{irc} (52); db = Σ_{irc} dZ_{irc} (53); "
        "dX_{ipq} = Σ_{sr+u=p, sc+v=q} dZ_{irc} W_{uv}^T (54)",
        "The same small kernel is laid on every place of the maps and looks for the same thing there.",
    ),
    activations.Sigmoid: _activation(
        "A = 1 / (1 + e^{-Z}) (3)", "g'(Z) = A ⊙ (1 - A) (24)", "Every number is pressed into 0 to 1."
    ),
    activations.Tanh: _activation("A = tanh Z (4)", "g'(Z) = 1 - A^2 (25)", "Every number is pressed into -1 to 1."),
    activations.ReLU: _activation(
        "A = max(Z, 0) (5)",
        "g'(Z) = 1 where A > 0, else 0 (26)",
        "What is positive passes; what is negative becomes 0, and nothing goes back through it.",
    ),
    activations.LeakyReLU: _activation(
        "A = max(Z, 0.01 Z) (6)",
        "g'(Z) = 1 where A > 0, else 0.01 (27)",
        "What is positive passes; of what is negative a hundredth.",
    ),
    activations.ELU: _activation(
        "A = Z where Z > 0, else e^Z - 1 (7)",
        "g'(Z) = min(A, 0) + 1 (28)",
        "What is positive passes; what is negative is bent towards -1.",
    ),
    activations.GELU: _activation(
        "A = ½ Z (1 + T), T = tanh(k Z + k c Z^3) (8)",
        "g'(Z) = ½ [1 + T + (1 - T^2) ⊙ Z (k + 3 k c Z^2)] (29)",
        "What is positive passes, what is negative hardly, with a smooth bend.",
    ),
    activations.SiLU: _activation(
        "A = Z ⊙ S, S = 1 / (1 + e^{-Z}) (9)",
        "g'(Z) = S + A ⊙ (1 - S) (30)",
        "What is positive passes, what is negative hardly, with a smooth bend.",
    ),
    layers.Dropout: _lore(
        "X A",
        "A = X ⊙ M (10)",
        "dX = dA ⊙ M (31)",
        "It silences numbers by chance while a network learns. In use everything passes: M is 1 everywhere.",
    ),
    maps.DropMaps: _lore(
        "X A",
        "A_{ircj} = X_{ircj} M_{ij} (71)",
        "dX_{ircj} = dA_{ircj} M_{ij} (72)",
        "It silences maps by chance while a network learns. In use everything passes: M is 1 everywhere.",
    ),
    pool.MaxPool: _lore(
        "X Z",
        "Z_{ircj} = max_{uv} X_{i, hr+u, wc+v, j} (55)",
        "dX_{i, hr+u, wc+v, j} = dZ_{ircj} where it was the largest, else 0 (56)",
        "Of each window of h x w numbers, only the largest goes on.",
    ),
    pool.AveragePool: _lore(
        "X Z",
        "Z_{ircj} = Σ_{uv} X_{i, hr+u, wc+v, j} / (h w) (57)",
        "dX_{i, hr+u, wc+v, j} = dZ_{ircj} / (h w) (58)",
        "Each window of h x w numbers becomes its mean.",
    ),
    pool.GlobalPool: _lore(
        "X Z",
        "Z_{ij} = Σ_{rc} X_{ircj} / (h w) (59)",
        "dX_{ircj} = dZ_{ij} / (h w) (60)",
        "Each map becomes one number, its mean.",
    ),
    norm.Norm: _lore(
        "X Z",
        "x̂ = (x - μ) / σ (63); z = γ x̂ + β (64)",
        "dγ = Σ_i dz_i x̂_i (66); dβ = Σ_i dz_i (67); dX = (γ / σ) dZ (68)",
        "Each channel is brought to a common scale. μ and σ are averages from training: in use they are fixed numbers.",
    ),
    residual.Residual: _lore(
        "X Z", "Z = X + F(X) (69)", "dX = dZ + dX_F (70)", "A branch of layers, F, whose result is added to its input."
    ),
}
"""For each kind of layer that `network.layers` may hold."""

_SOFTMAX = "P_k = e^{Z_k} / Σ_l e^{Z_l} (11); "

LOSSES: dict[type[Any], Lore] = {
    losses.SoftmaxCrossEntropy: _lore(
        "Z J",
        _SOFTMAX + "J = -Σ_k T_k log P_k (12)",
        "dZ = P - T (17)",
        "The outputs become probabilities, and the loss is how surprised the network is by the label. One that knows "
        "nothing gives 10 % to each digit, and has a loss of 2.3.",
    ),
    losses.Logistic: _lore(
        "Z J",
        "A = 1 / (1 + e^{-Z}) (3); J = -Σ_k [T_k log A_k + (1 - T_k) log(1 - A_k)] (14)",
        "dZ = A - T (18)",
        "Each class is asked by itself: is it you? The sigmoids, scaled to add up to 1, are the probabilities.",
    ),
    losses.SquaredError: _lore(
        "Z J",
        "J = ½ Σ_k (Z_k - T_k)^2 (15)",
        "dZ = Z - T (19)",
        "The output of the label should be 1 and the others 0. What is positive, scaled to add up to 1, are the "
        "probabilities.",
    ),
}
"""For each loss; equations for one image, n = 1."""

STEP = Equation("θ ← θ - η dθ", 37)
"""One step of gradient descent."""


def of_layer(layer: Layer) -> Lore:
    """What there is to say of a layer."""
    return LORE[type(layer)]


def of_loss(loss: Loss) -> Lore:
    """What there is to say of a loss."""
    lore = LOSSES[type(loss)]
    if q := getattr(loss, "label_smoothing", 0):
        smoothed = Equation(f"T_k = {q:g} / K, and {1 - q:g} more for the label", 13)
        return replace(lore, forward=(smoothed, *lore.forward))
    return lore


def text(formula: str) -> str:
    """A formula for a terminal.

    >>> text("P_k = e^{Z_k} / Σ_l e^{Z_l}"), text("dX_{ircj} = dA_{ircj} M_{ij}")
    ('P_k = e^(Z_k) / Σ_l e^(Z_l)', 'dX_ircj = dA_ircj M_ij')
    """
    formula = re.sub(r"\{([^\W_]+)\}", r"\1", formula)
    return formula.replace("{", "(").replace("}", ")")


def html(formula: str) -> "Markup":
    """A formula for a page: letters in italics, what stands low and high as <sub> and <sup>.

    >>> html("A = 2 e^{Z_k}")
    Markup('<var>A</var> = 2 <var>e</var><sup><var>Z</var><sub><var>k</var></sub></sup>')
    """
    from markupsafe import Markup, escape

    formula = formula.replace("-", "\N{MINUS SIGN}")
    parts, place = [Markup()], 0
    for match in _TOKEN.finditer(formula):
        parts.append(escape(formula[place : match.start()]))
        place = match.end()
        if match["mark"]:
            tag = Markup("sub" if match["mark"] == "_" else "sup")
            parts.append(Markup("<{0}>{1}</{0}>").format(tag, html(match["braced"] or match["one"])))
        else:
            upright = match["word"] in _UPRIGHT
            parts.append(Markup("{}" if upright else "<var>{}</var>").format(match["word"]))
    return Markup().join([*parts, escape(formula[place:])])


_TOKEN = re.compile(
    r"(?P<mark>[_^])(?:\{(?P<braced>(?:[^{}]|\{[^{}]*\})*)\}|(?P<one>\w))|(?P<word>(?:[^\W\d_]\u0302?)+)"
)
_UPRIGHT = {*["Σ", "max", "min", "tanh", "log", "where", "else", "it", "was", "the", "largest", "factor", "shift"]}
