"""How do time and memory of the "simple convnet" change with the size of the batch, and with the workers?"""

from benchmarks import common  # first: it makes the start fair

from collections.abc import Callable
from functools import partial
from itertools import zip_longest
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.convnet import LAYERS, THREADS, numink_epoch, recipe_of, torch_epoch
from benchmarks.steps import images
from numink import recipe as recipes
from numink.evaluate.look import PALETTE, png, styled
from numink.model import network_of
from numink.nn.layers import Pixels
from numink.recipe import Recipe
from numink.crew import Crew

SIZES = (32, 64, 128, 512, 2048, 4096)
NORM, NORM_SIZES = "cnn", SIZES[:4]
IMAGES = 4096
EPOCHS, ROUNDS = 2, 3
LAYOUT = "channels-last"
STATUS = Path("/proc/self/status")
PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "convnet-batches.png"


def status_mb(name: str) -> float:
    """A figure of this process's memory in MB of 2**20 bytes: VmRSS, now; VmHWM, the most so far."""
    if not STATUS.exists():
        raise SystemExit(f"a process's memory is read from {STATUS}, which only Linux has")
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))


def measured(epoch_on: Callable[[int, int], Callable[[], None]], size: int, many: int = IMAGES) -> dict[str, float]:
    """Microseconds an image, and the MB beyond those that this process has when all is imported and drawn.

    `epoch_on(count, size)` gives what trains an epoch on so many images in batches of this size.
    """
    epoch_on(2, 2)()  # whatever is imported late
    before_mb = status_mb("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    epoch = epoch_on(many, size)
    epoch()
    taken = []
    for _ in range(EPOCHS):
        start = perf_counter()
        epoch()
        taken.append(perf_counter() - start)
    return {"us": 1e6 * median(taken) / many, "mb": status_mb("VmHWM") - before_mb}


def numink(workers: int, size: int, recipe: Recipe | None = None, many: int = IMAGES) -> dict[str, float]:
    U, y = images()

    def epoch_on(count: int, size: int) -> Callable[[], None]:
        settings = [f"train.batch_size={size}", "train.shards=2", "train.epochs=100000"]
        return numink_epoch(U[:count], y[:count], crew, (recipe or recipe_of()).with_settings(settings))

    with Crew(workers) as crew:
        return measured(epoch_on, size, many)


def torch(threads: int, size: int) -> dict[str, float]:
    import torch

    from benchmarks.peer import tensor_of

    torch.set_num_threads(threads)
    U, y = images()
    X, y = tensor_of(U[:IMAGES], Pixels(), LAYOUT), torch.from_numpy(y[:IMAGES]).long()
    return measured(lambda count, size: torch_epoch(X[:count], y[:count], LAYOUT, True, batch_size=size), size)


def with_norm(size: int) -> dict[str, float]:
    """The recipe NORM in numink, on 2 workers."""
    return numink(2, size, recipes.load(NORM), 2 * NORM_SIZES[-1])


RUNS = {"numink, 1 worker": partial(numink, 1), "numink, 2 workers": partial(numink, 2)}
KINDS = [*RUNS, "PyTorch"]
RUNS |= {f"PyTorch threads={threads}": partial(torch, threads) for threads in THREADS}
JOBS = {f"{name}, batch {size}": partial(run, size) for size in SIZES for name, run in RUNS.items()}
JOBS |= {f"{NORM}, batch {size}": partial(with_norm, size) for size in NORM_SIZES}

Figures = dict[str, list[float]]  # for each kind one for each size


@styled
def picture(panels: dict[str, Figures]) -> bytes:
    """A panel for each title, over the size of the batch; what grows tenfold is drawn logarithmically."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

    figure = Figure(figsize=(8.4, 3.8), layout="constrained")
    looks = dict(zip(KINDS, [("blue", (0, (4, 1.6))), ("blue", "solid"), ("red", "solid")], strict=True))
    grid = figure.subplots(1, len(panels))
    for axes, (title, lines) in zip(grid, panels.items(), strict=True):
        for kind, (colour, dashes) in looks.items():
            axes.plot(SIZES, lines[kind], color=PALETTE[colour], linestyle=dashes, marker="o", markersize=4, label=kind)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_locator(FixedLocator(SIZES))
        if max(max(lines[kind]) for kind in KINDS) > 10 * min(min(lines[kind]) for kind in KINDS):
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        else:
            axes.set_ylim(bottom=0)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_locator(NullLocator())
            axis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel("images in a batch")
        axes.set_title(title)
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(KINDS))
    return png(figure)


def main() -> None:
    norms = [job for job in JOBS if job.startswith(NORM)]  # once: what counts of these is memory, which hardly varies
    results = common.in_turns("benchmarks.memory", [job for job in JOBS if job not in norms], ROUNDS)
    results |= common.in_turns("benchmarks.memory", norms, 1)

    for size in SIZES:  # the number of threads that is faster for that size
        either = [results[f"PyTorch threads={threads}, batch {size}"] for threads in THREADS]
        results[f"PyTorch, batch {size}"] = min(either, key=lambda figures: figures["us"])

    def lines(key: str) -> Figures:
        return {kind: [results[f"{kind}, batch {size}"][key] for size in SIZES] for kind in KINDS}

    panels = {"Microseconds an image": lines("us"), "Memory, MB": lines("mb")}
    PICTURE.write_bytes(picture(panels))
    rows = [
        [size, *(f"{figures[at]:,.0f}" for lines in panels.values() for figures in lines.values())]
        for at, size in enumerate(SIZES)
    ]
    norm_mb = [results[job]["mb"] for job in norms]
    for row, mb in zip_longest(rows, norm_mb):
        row.append("" if mb is None else f"{mb:,.0f}")
    an_image_mb = (norm_mb[-1] - norm_mb[-2]) / (NORM_SIZES[-1] - NORM_SIZES[-2])
    header = [
        "batch",
        *(f"{unit}: {kind}" for unit in ("µs an image", "MB") for kind in KINDS),
        f"MB: numink, `{NORM}`",
    ]
    piece = network_of(recipe_of(), Pixels()).piece
    text = (
        f"Training `{', '.join(LAYERS)}` on {IMAGES:,} images. Memory is the peak (VmHWM) of a fresh process, less "
        "what it had when libraries were loaded, images ready, and a first step with two images made. numink works "
        f"through each of a batch's two shards in pieces of {piece} images: from batches of {2 * piece} on, memory "
        "stays as it is, and each worker has its own. PyTorch keeps what every layer gave for the whole batch; it "
        f"is eager, {LAYOUT}, with fused Adam, on 1 or 2 threads, whichever is faster for that batch. "
        f"Medians of {ROUNDS} processes.\n\n"
        f"The last column is the recipe `{NORM}`, which normalises, on 2 workers, one process for each figure: its "
        "statistics are those of the whole shard, which is therefore worked through in one piece, and memory grows "
        f"with the shard, here by {an_image_mb:.2f} MB an image of the batch.\n\n"
        f"![Time an image and memory against the size of the batch](pictures/{PICTURE.name})\n\n"
        + common.table(header, rows)
    )
    common.publish("memory", "Time and memory against the size of the batch", "python -m benchmarks.memory", text)


if __name__ == "__main__" and not common.run_job(JOBS):
    main()
