"""`numink recipes`."""

from textwrap import fill
from typing import Annotated

import typer

from numink.cli.console import AsJson, print_json, results, table


def recipes(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Print this recipe whole.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the named recipes, or print one: a start for a recipe of your own."""
    from numink import recipe

    if name is not None:
        plan = recipe.load(name)
        if as_json:
            print_json({"name": plan.name, **plan.tables()})
        else:
            if name in recipe.names():
                typer.echo(fill(recipe.about(name), 79, initial_indent="# ", subsequent_indent="# ") + "\n")
            typer.echo(plan.to_toml().rstrip())
        return
    if as_json:
        print_json({"recipes": [{"name": known, "about": recipe.about(known)} for known in recipe.names()]})
        return
    listed = table("recipe", "about")
    for known in recipe.names():
        listed.add_row(known, recipe.about(known))
    results().print(listed, soft_wrap=False)
