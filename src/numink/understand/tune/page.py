"""The page of a study: which recipe is the best, how it was found, and what mattered."""

from collections.abc import Mapping, Sequence

from numink.evaluate.page import figure, page
from numink.understand.tune import plots
from numink.understand.tune.space import LAYERS
from numink.understand.tune.study import Tried, Tuned

MOST_ROWS = 12
SPEAKING = ("network.activation", "network.init", "network.loss", "train.optimizer", "train.schedule")
"""Keys whose values say by themselves what they are of."""


def tune_page(tuned: Tuned, importance: Mapping[str, float], commands: Sequence[str], note: str, again: str) -> str:
    """The page as HTML text. commands: what to try next, and a note on it; again: what goes on with the study."""
    best, default = tuned.best, tuned.default
    assert best is not None
    rows = sorted(tuned.trials, key=lambda trial: (trial.state != "done", -(trial.accuracy or 0)))[:MOST_ROWS]
    return page(
        "tune.html.jinja",
        room="understand.tune",
        tuned=tuned,
        best=best,
        default=default,
        changed=changed(tuned, best),
        counts=tuned.counts(),
        history=figure(plots.history(tuned), "history", "The accuracy of each trial, in their order."),
        courses=figure(plots.courses(tuned), "courses", "The accuracy of each trial on its way."),
        importance=figure(plots.importances(importance), "importance", _told(importance)) if importance else None,
        slices=[
            figure(plots.slice_of(tuned, axis), f"slice{place}", f"Accuracy over {axis.key}.")
            for place, axis in enumerate(tuned.space.axes)
        ],
        rows=[(trial, told(tuned, trial)) for trial in rows],
        recipe=tuned.recipe_of(best).to_toml(),
        commands=commands,
        note=note,
        again=again,
    )


def changed(tuned: Tuned, trial: Tried) -> list[tuple[str, str, str]]:
    """Each key that a trial changed: its name, the recipe's own value and the trial's."""
    own = tuned.space.own()
    return [(key, named(key, own[key]), named(key, value)) for key, value in tuned.changes(trial).items()]


def named(key: str, value: object) -> str:
    """A value in words, by itself.

    >>> named("layers.width", 1.4444), named("layers.depth", 1), named("train.learning_rate", 0.012345)
    ('1.44 times', '+1', '0.0123')
    """
    if key == "layers.depth":
        return f"{value:+d}" if value else "0"
    return f"{plots.name_of(value)} times" if key in LAYERS else plots.name_of(value)


def told(tuned: Tuned, trial: Tried) -> str:
    """What a trial changed, in few words."""
    if trial.is_default:
        return f"{tuned.space.recipe.name} itself"
    words = [value if key in SPEAKING else f"{key.split('.')[1]} {value}" for key, _, value in changed(tuned, trial)]
    return ", ".join(words) or f"as {tuned.space.recipe.name}"


def _told(importance: Mapping[str, float]) -> str:
    return "Importance: " + ", ".join(f"{key} {share:.0%}" for key, share in importance.items()) + "."
