"""Why a number is not sure: what pulled its confidence down, in words."""

import numpy as np

from numink.evaluate.page import percent, sure
from numink.reader.confidence import BEST, FACTORS, Factors, Trust, evidence

LEAST = 0.5
"""The logarithm of odds below which a cost is not worth a word: it makes 95 % of 97 %."""

_WORDS = {
    "digits": "its digits, taken together, are {digits} sure",
    "again": "a second look, at the page leaning a little, reads something else there",
    "marks": "only {marks} of the page's numbers are like it in having a decimal mark, or in having none",
    "apart": "other ink stands close beside it",
    "rejected": "{rejected} of what was found on the page is no number",
    "height": "its digits are only {height} pixels high",
    "crowd": "the page has many ones, or sevens: some may be rests of lines, or one taken for the other",
}
_LESS_SURE = "a second look, at the page leaning a little, is less sure of it"


def reasons(one: Factors, trust: Trust) -> list[str]:
    """What pulled the confidence of a number with these factors down, most costly first; [] where nothing did.

    >>> best = dict(BEST)
    >>> reasons(best, Trust()), reasons(best | {"again": 0.0}, Trust())
    ([], ['a second look, at the page leaning a little, reads something else there'])
    """
    weights = trust.weights or [float(name in ("digits", "again")) for name in ("always", *FACTORS)]
    costs = (np.array(weights) * np.subtract(evidence(BEST), evidence(one)))[1:]
    told = [FACTORS[place] for place in np.argsort(-costs, kind="stable") if costs[place] >= LEAST]
    figures = {name: percent(one[name], 0) for name in ("marks", "rejected")}
    figures |= {"digits": sure(one["digits"]), "height": f"{one['height']:.0f}"}
    return [_LESS_SURE if name == "again" and one["again"] else _WORDS[name].format(**figures) for name in told]
