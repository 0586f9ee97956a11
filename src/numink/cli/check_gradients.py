"""`numink check-gradients`."""

import typer

from numink.cli.console import results, table


def check_gradients() -> None:
    """Compare the gradient of every layer and loss, and of random chains, with central differences."""
    from numink.nn.gradcheck import TOLERANCE, check_all

    checks = list(check_all())
    listed = table("what", "layers", "loss", "error", "")
    for check in checks:
        verdict = "[green]ok[/]" if check.passed else "[red]WRONG[/]"
        listed.add_row(check.name, ", ".join(check.layers), check.loss, f"{check.error:.1e}", verdict)
    console = results()
    console.print(listed, soft_wrap=False)
    wrong = [check.name for check in checks if not check.passed]
    if wrong:
        console.print(f"[red]{len(wrong)} of {len(checks)} gradients are wrong[/]: {', '.join(wrong)}")
        raise typer.Exit(1)
    worst = max(check.error for check in checks)
    console.print(
        f"[green]All {len(checks)} gradients agree[/] with central differences in float64: the largest relative "
        f"error is {worst:.1e}, {TOLERANCE:.0e} is allowed."
    )
