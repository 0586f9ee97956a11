"""`numink recipes`."""

from typing import Annotated

import typer

from numink.cli.console import AsJson, print_json, results


def recipes(
    name: Annotated[str | None, typer.Argument(help="Print this recipe whole.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the named recipes, or print one: a start for a recipe of your own."""
    from numink import recipe

    if name is not None:
        plan = recipe.load(name)
        if as_json:
            print_json({"name": plan.name, **plan.tables()})
        else:
            typer.echo(
                f"{_comment(name)}\n\n{plan.to_toml()}" if name in recipe.names() else plan.to_toml(),
                nl=False,
            )
        return
    if as_json:
        print_json({"recipes": [{"name": known, "about": recipe.about(known)} for known in recipe.names()]})
        return
    from rich.table import Table

    table = Table("recipe", "about", box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for known in recipe.names():
        table.add_row(known, recipe.about(known))
    results().print(table)
