"""Draws the picture of docs/speed.md: how the windows of a convolution are ordered in front of a max pool."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
INK, RED, GREY = "#1f3b5c", "#b8472a", "#8a8f98"
# Of the four places of a pool's window, row by row: its name, and its colour
PLACES = (("top left", "#bcd7ee"), ("top right", "#f6d5a8"), ("bottom left", "#cfe5c4"), ("bottom right", "#e6c9dd"))
SIDE, POOLED = 5, 2  # places where the kernel can stand, and windows of the pool, along each side


def cell(axes: Axes, x: float, y: float, width: float, colour: str, text: str = "") -> None:
    """A coloured cell of height 1 with its upper left corner at x, y."""
    axes.add_patch(Rectangle((x, y), width, 1, facecolor=colour, edgecolor=GREY, linewidth=0.7))
    axes.text(x + width / 2, y + 0.53, text, ha="center", va="center", fontsize=11, color=INK)


def arrow(axes: Axes, x: float, y: float, text: str) -> None:
    """An arrow to the right, with what happens on the way."""
    axes.add_patch(FancyArrowPatch((x, y), (x + 2.2, y), arrowstyle="-|>", mutation_scale=16, color=INK))
    axes.text(x + 1.05, y - 0.45, text, ha="center", va="bottom", fontsize=10, color=INK, linespacing=1.4)


def windows() -> Figure:
    """The places of the kernel in a map, the rows of the matrix that they become, and the pool of its product."""
    figure = Figure(figsize=(10, 7), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 27.5), ylim=(19.6, 0.4))
    axes.axis("off")

    def title(x: float, text: str) -> None:
        axes.text(x, 1.6, text, fontsize=11, color=INK, weight="bold", va="center", linespacing=1.4)

    title(0.8, "where the kernel stands,\ncounted row by row")
    for row in range(SIDE):
        for column in range(SIDE):
            used = max(row, column) < 2 * POOLED
            colour = PLACES[row % 2 * 2 + column % 2][1] if used else "white"
            cell(axes, 0.8 + column, 7 + row, 1, colour, str(row * SIDE + column + 1) if used else "·")
    for row in range(POOLED):
        for column in range(POOLED):
            frame = (0.8 + 2 * column, 7 + 2 * row)
            axes.add_patch(Rectangle(frame, 2, 2, fill=False, edgecolor=RED, linewidth=2.4, zorder=3))
    axes.text(0.8, 6.5, "red: the pool's windows", color=RED, fontsize=10)
    axes.text(0.8, 12.6, "white: what the pool drops,\nnever copied or computed", color=GREY, fontsize=10, va="top")

    arrow(axes, 6.2, 9.5, "copy")
    title(9.1, "a row for each window:\nthe numbers that the kernel meets")
    y = 3.0
    for place, (name, colour) in enumerate(PLACES):
        for number in range(POOLED**2):
            row, column = 2 * (number // POOLED) + place // 2, 2 * (number % POOLED) + place % 2
            axes.text(9.5, y + 0.53, str(row * SIDE + column + 1), fontsize=11, color=INK, ha="right", va="center")
            for part in range(5):
                cell(axes, 9.9 + 0.95 * part, y, 0.95, colour)
            y += 1
        axes.text(14.9, y - 2, name, fontsize=10, color=INK, va="center")

    arrow(axes, 17.9, 11, "times W:\none product")
    title(20.9, "four stretches,\ncompared one by one")
    for place, (_, colour) in enumerate(PLACES):
        axes.add_patch(Rectangle((20.9, 3 + 4 * place), 1.6, 4, facecolor=colour, edgecolor=GREY, linewidth=0.7))
        if place:
            axes.text(21.7, 3 + 4 * place, "max", ha="center", va="center", fontsize=10, color=RED, weight="bold",
                      bbox={"facecolor": "white", "edgecolor": RED, "boxstyle": "round,pad=0.2"}, zorder=4)  # fmt: skip
    axes.add_patch(FancyArrowPatch((22.8, 11), (24.4, 11), arrowstyle="-|>", mutation_scale=16, color=INK))
    for number in range(POOLED**2):
        cell(axes, 24.7 + number % POOLED, 10 + number // POOLED, 1, "white")
    axes.text(25.7, 12.5, "+ b, ReLU", ha="center", va="center", fontsize=10, color=INK)
    return figure


if __name__ == "__main__":
    windows().savefig(FOLDER / "speed-windows.png", dpi=110)
