"""How fast are handwriting and augmentation? Strokes drawn, images bent, pages; and what augmentation costs a step."""

from benchmarks import common  # first: it makes the start fair

from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np

from numink import recipe as recipes
from numink.data import strokes
from numink.data.augment import parse
from numink.data.digits import Part
from numink.data.strokes import source
from numink.model import initial_weights, network_of
from numink.training.pixels import pixels_for
from numink.training.trainer import Trainer
from numink.crew import Crew

AFFINE_AND_ELASTIC = ["shift 2", "rotate 10", "scale 15", "shear 10", "elastic 34 4"]
RECIPE = "mlp-augmented"
PAGE = [["12345", "67890"]] * 10
STEPS, ROUNDS = 25, 4
JOBS: dict[str, Callable[[], dict[str, float]]] = {}


def job(function: Callable[[], dict[str, float]]) -> Callable[[], dict[str, float]]:
    JOBS[function.__name__] = function
    return function


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The median of `rounds` times, after one that does not count."""
    work()
    taken = []
    for _ in range(rounds):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return median(taken)


@job
def drawing() -> dict[str, float]:
    with Crew(1):  # one core: BLAS has one thread
        start = perf_counter()
        train, test = source.read(20_000)
        return {"per_second": (len(train) + len(test)) / (perf_counter() - start)}


@job
def augmenting() -> dict[str, float]:
    images, rng = source.read(4096)[0].images, np.random.default_rng(0)
    augment = parse(AFFINE_AND_ELASTIC)
    with Crew(1):
        return {"per_second": len(images) / seconds(lambda: augment(images, rng), rounds=9)}


@job
def page() -> dict[str, float]:
    seeds = iter(range(1000))
    with Crew(1):
        return {"seconds": seconds(lambda: hundred_digits(next(seeds)), rounds=9)}


def hundred_digits(seed: int) -> None:
    drawn = strokes.page(np.random.default_rng(seed), texts=PAGE, height_px=1600, width_px=1200)
    assert sum(len(number.digits) for number in drawn.numbers) == 100


@job
def step() -> dict[str, float]:
    """Milliseconds of a step of RECIPE, with its augmentation and without, in turns."""
    recipe = recipes.load(RECIPE)
    train, _ = source.read(STEPS * 2 * int(recipe.train.batch_size))
    nobody = Part(train.images[:0], train.labels[:0])
    pixels = pixels_for(recipe.data.scale, train)
    network = network_of(recipe, pixels)
    settings = recipe.with_settings(["train.epochs=1000"]).train
    augmentations = {"with": parse(recipe.data.augment), "without": None}
    taken: dict[str, list[float]] = {name: [] for name in augmentations}
    for _ in range(ROUNDS):
        for name, augment in augmentations.items():
            with Crew(settings.shards) as crew:  # of its own: a crew augments the next step's images ahead
                theta = initial_weights(recipe, pixels, 0)
                trainer = Trainer(network, settings, train, nobody, theta, 0, crew, augment)
                size, order = trainer.batch_size, trainer.order(0)
                for number in range(STEPS):
                    start = perf_counter()
                    trainer.take_step(order, number * size, (number + 1) * size)
                    taken[name].append(perf_counter() - start)
    return {name: 1000 * median(times) for name, times in taken.items()}


def main() -> None:
    results = common.in_turns("benchmarks.handwriting", list(JOBS))
    with_ms, without_ms = results["step"]["with"], results["step"]["without"]
    rows = [
        [
            "digits by the pen model, 28x28, normalised",
            f"**{results['drawing']['per_second']:,.0f}** a second",
            "5,000",
        ],
        [f"`{', '.join(AFFINE_AND_ELASTIC)}`", f"**{results['augmenting']['per_second']:,.0f}** a second", "20,000"],
        ["a page of 1200 x 1600 with 100 digits", f"**{results['page']['seconds']:.2f} s**", "1 s"],
        [
            f"a step of `{RECIPE}`, two cores: with augmentation, without",
            f"{with_ms:.2f} ms, {without_ms:.2f} ms: augmentation takes **{1 - without_ms / with_ms:.0%}**",
            "",
        ],
    ]
    text = "On one core, unless the line says two.\n\n" + common.table(["what", "measured", "aim"], rows)
    common.publish("handwriting", "Handwriting and augmentation", "python -m benchmarks.handwriting", text)


if __name__ == "__main__":
    common.run_job(JOBS) or main()
