"""An explanation for programs."""

from pathlib import Path
from typing import Any

import numpy as np

from numink.nn.params import Array
from numink.understand.explain.explanation import Explanation, Step
from numink.understand.explain.nearest import Similar
from numink.understand.explain.one_image import Picked


def to_json(one: Explanation, picked: Picked, model_name: str, page: Path) -> dict[str, Any]:
    """What `numink explain --json` prints: the answer, each layer's figures, the step, and what speaks for it.

    "explained" and all below it is of one look, as in Explanation; "label" is the source's.
    """
    return {
        "model": model_name,
        "image": picked.name,
        "done": picked.done,
        "label": one.truth,
        "answer": one.answer,
        "right": one.right,
        "probabilities": _floats(one.together),
        "notes": one.notes,
        "explained": {
            "label": one.label,
            "answer": one.look,
            "probabilities": _floats(one.probabilities),
            "loss": one.loss,
        },
        "layers": [_layer(step) for step in one.steps],
        "step": {
            "learning_rate": one.update.rate,
            "squared_gradient_norm": one.update.squared_norm,
            "probabilities": _floats(one.update.probabilities),
            "loss": one.update.loss,
        },
        "speaks_for": [
            {
                "digit": leaning.digit,
                "lead": leaning.lead,
                "occlusion": leaning.occlusion.round(4).tolist(),
                "gradient": leaning.gradient.round(4).tolist(),
            }
            for leaning in one.leanings
        ],
        "similar": one.similar and _similar(one.similar),
        "page": str(page),
    }


def _layer(step: Step) -> dict[str, Any]:
    parameters = {
        name: {"norm": _norm(getattr(step.p, name)), "gradient_norm": _norm(getattr(step.g, name))}
        for name in step.learnt
    }
    return {
        "name": step.name,
        "shape": step.Z.shape,
        "lowest": float(step.Z.min()),
        "highest": float(step.Z.max()),
        "norm": _norm(step.Z),
        "gradient_norm": _norm(step.dZ),
        "parameters": parameters,
    }


def _similar(similar: Similar) -> dict[str, Any]:
    return {
        name: [
            {"index": near.index, "label": near.label, "read": near.read, "distance": near.distance} for near in found
        ]
        for name, found in (("hidden", similar.hidden), ("pixels", similar.pixels))
    }


def _norm(values: Array) -> float:
    return float(np.linalg.norm(values))


def _floats(values: Array) -> list[float]:
    return [float(value) for value in values]
