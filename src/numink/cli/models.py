"""`numink models`."""

from typing import Any

import typer

from numink.cli.console import AsJson, print_json, results, table

JUDGED = {"mnist": "MNIST's test", "strokes": "strokes", "handwriting": "handwriting"}


def models(as_json: AsJson = False) -> None:
    """List the trained models that come with numink. Their names serve wherever a command takes MODEL."""
    known = described()
    if as_json:
        print_json({"models": known})
        return
    if not known:
        typer.echo("No trained models come with this numink; numink train makes one.")
        return
    listed = table("model", "parameters", "size", *JUDGED.values(), numbers_from=1)
    for model in known:
        listed.add_row(
            model["name"],
            f"{model['parameters']:,}",
            f"{model['bytes'] / 1e6:.1f} MB" if model["bytes"] >= 1e5 else f"{model['bytes'] / 1e3:.0f} kB",
            *(_cell(model["scores"].get(judged)) for judged in JUDGED),
        )
    console = results()
    console.print(listed, soft_wrap=False)
    console.print("\nThe share that is read right, and its 95 % interval.\n")
    for model in known:
        console.print(f"{model['name']}: {model['about']}; trained on {model['trained_on']}", markup=False)


def described() -> list[dict[str, Any]]:
    """What there is to say of each model, as `numink models --json` prints it."""
    from numink import models as room
    from numink.model_file import load_model

    known = []
    for name in room.names():
        model = load_model(name)
        scores = model.facts.get("scores", {})
        with room.opened(name) as path:
            size = path.stat().st_size
        known.append(
            {
                "name": name,
                "about": model.facts.get("card", {}).get("about"),
                "parameters": model.parameters,
                "bytes": size,
                "members": len(model.members),
                "trained_on": model.facts.get("data", {}).get("name"),
                "scores": {judged: scores[judged] for judged in JUDGED if judged in scores},
            }
        )
    return known


def _cell(scores: dict[str, Any] | None) -> str:
    if scores is None:
        return ""
    low, high = scores["interval_95"]
    return f"{scores['accuracy']:.2%}\n[dim]{100 * low:.2f} to {high:.2%}[/]"
