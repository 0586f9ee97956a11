"""Findings, and which of them explains which others.

One cause has several symptoms: a rate that is too large kills ReLUs, and a network of dead ReLUs stays at chance. So
findings come likely cause first, and each that another explains names it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

_UNITS = ("dead ReLUs", "saturated sigmoids", "saturated tanhs")
_GRADIENTS = ("vanishing gradients", "exploding gradients")
_RATE = ("learning rate too large", "learning rate too small")
_STUCK = ("accuracy near chance",)
_LABELS = ("some labels wrong", "overfitting", "learning rate too small", *_STUCK)

CAUSES: dict[str, tuple[str, ...]] = {
    "labels shuffled": _LABELS,
    "labels of the neighbour": _LABELS,
    "labels moved": ("some labels wrong",),
    "opposite polarity": ("overfitting", *_UNITS, *_GRADIENTS, *_RATE, *_STUCK),
    "images not normalised": (*_UNITS, *_GRADIENTS, *_RATE, *_STUCK),
    "exploding gradients": (*_UNITS, *_RATE, *_STUCK),
    "learning rate too large": (*_UNITS, *_STUCK),
    "saturated sigmoids": ("vanishing gradients", "learning rate too small", *_STUCK),
    "saturated tanhs": ("vanishing gradients", "learning rate too small", *_STUCK),
    "vanishing gradients": ("learning rate too small", *_STUCK),
    "dead ReLUs": _STUCK,
    "learning rate too small": _STUCK,
    "classes missing": (),
    "training images in the test part": (),
    "training images in the validation part": (),
    "some labels wrong": ("overfitting",),
    "classes unbalanced": (),
    "overfitting": (),
    "accuracy near chance": (),
}
"""Every finding there is, the likeliest cause first, and which others it explains."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    name: str
    """What it is, such as "learning rate too large": the same words every time."""
    seen: str
    """What was seen, with the figure: a clause."""
    why: str
    """Why that hurts: a clause."""
    change: str
    """What to change: a clause, with the option to give where there is one."""
    after: str = ""
    """The name of the finding that probably caused this one; empty for a cause."""


def ordered(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, causes first, in the order of CAUSES; each that another explains behind, naming it."""
    found: dict[str, Finding] = {}
    for finding in findings:
        if same := found.get(finding.name):  # as of two sources of images
            finding = replace(same, seen=f"{same.seen}; {finding.seen}")
        found[finding.name] = finding
    rank = list(CAUSES)
    marked = []
    for name, finding in found.items():
        causes = sorted((cause for cause in found if name in CAUSES[cause]), key=rank.index)
        marked.append(replace(finding, after=causes[0] if causes else ""))
    return sorted(marked, key=lambda finding: (bool(finding.after), rank.index(finding.name)))
