"""How long until 99 %? The recipe cnn-fast in numink; and the same network, weights and batches in PyTorch."""

from benchmarks import common  # first: it makes the start fair

import json
import sys
from copy import deepcopy
from statistics import mean, median
from time import perf_counter

import numpy as np

from numink import recipe as recipes
from numink.optim.schedules import SCHEDULES
from numink.recipe import Recipe
from numink.run import begin, load_digits
from numink.training.pixels import pixels_for

RECIPE = "cnn-fast"
SEEDS, PEER_SEEDS = 10, 5
LEAST, AIM, RATIO = 6, 5, 0.6
PROBE_STEPS, PROBES = 100, 2
SETTINGS = [
    f"eager {layout} threads={threads} {adam}"
    for layout in ("contiguous", "channels-last")
    for threads in (1, 2)
    for adam in ("default", "fused")
] + [f"compiled {layout} threads=2 fused" for layout in ("contiguous", "channels-last")]


def recipe_on_mnist() -> Recipe:
    """RECIPE; stops where it has what the PyTorch peer below has not."""
    recipe = recipes.load(RECIPE).with_source("mnist")
    train = recipe.train
    if recipe.data.augment or train.optimizer != "adam" or train.weight_decay or train.early_stop or train.iterations:
        raise SystemExit(f"the PyTorch peer is plain Adam for whole epochs, without augmentation; {RECIPE} is not")
    if recipe.use.shifts or isinstance(recipe.train.batch_size, str):
        raise SystemExit(f"the PyTorch peer has batches of a fixed size and no shifts, but {RECIPE} asks for them")
    if recipe.network.loss != "cross-entropy":
        raise SystemExit(f"the PyTorch peer's loss is cross-entropy, but {RECIPE} has {recipe.network.loss}")
    return recipe


def numink(seed: int) -> dict[str, float]:
    """Seconds from the first batch to the last update, validation in between included; the test images' accuracy."""
    recipe = recipe_on_mnist()
    result = begin(recipe, load_digits(recipe, seed), seed=seed)
    return {"seconds": result.state.seconds, "accuracy": result.scores.accuracy}


def torch(seed: int, way: str, layout: str, threads: int, fused: bool, probe: bool = False) -> dict[str, float]:
    """The same in PyTorch, warmed up (and compiled); `probe` gives the seconds of PROBE_STEPS steps alone."""
    import torch

    from benchmarks.peer import Average, same_network, tensor_of

    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    recipe = recipe_on_mnist()
    settings, digits = recipe.train, load_digits(recipe, seed)
    pixels = pixels_for(recipe.data.scale, digits.train)
    X, y = tensor_of(digits.train.images, pixels, layout), torch.from_numpy(digits.train.labels).long()
    X_validation = tensor_of(digits.validation.images, pixels, layout)
    y_validation = torch.from_numpy(digits.validation.labels).long()
    network = same_network(recipe, pixels, seed, layout)
    loss = torch.nn.CrossEntropyLoss(label_smoothing=recipe.network.label_smoothing)
    size = int(settings.batch_size)
    forward, untouched = torch.compile(network) if way == "compiled" else network, deepcopy(network.state_dict())
    for count in (size, len(X) % size or size):  # the last batch of an epoch is smaller, and compiled by itself
        loss(forward(X[:count]), y[:count]).backward()
    network.load_state_dict(untouched)
    optimizer = torch.optim.Adam(network.parameters(), settings.learning_rate, fused=fused)
    average = Average(network, settings.average)
    schedule, rate = SCHEDULES[settings.schedule], optimizer.param_groups[0]
    all_steps, step = settings.epochs * -(-len(X) // size), 0
    best_accuracy, best = -1.0, None

    start = perf_counter()
    for epoch in range(settings.epochs):
        # The order in which numink takes them too
        order = torch.from_numpy(np.random.default_rng([seed, epoch, *b"order"]).permutation(len(X)))
        for first in range(0, len(X), size):
            rows = order[first : first + size]
            rate["lr"] = settings.learning_rate * schedule(step / all_steps)
            optimizer.zero_grad()
            loss(forward(X[rows]), y[rows]).backward()
            optimizer.step()
            average.step()
            step += 1
            if probe and step == PROBE_STEPS:
                return {"seconds": perf_counter() - start}
        accuracy = share_right(average.network, X_validation, y_validation)
        if accuracy >= best_accuracy:  # the weights of the best epoch are what numink keeps
            best_accuracy, best = accuracy, deepcopy(average.network)
    seconds = perf_counter() - start

    X_test, y_test = tensor_of(digits.test.images, pixels, layout), torch.from_numpy(digits.test.labels).long()
    return {"seconds": seconds, "accuracy": share_right(best, X_test, y_test)}


def share_right(network, X, y) -> float:
    import torch

    network.eval()
    with torch.inference_mode():
        pieces = zip(X.split(1000), y.split(1000), strict=True)
        right = sum(int((network(images).argmax(1) == labels).sum()) for images, labels in pieces)
    network.train()
    return right / len(y)


def run_job(job: str) -> dict[str, float]:
    """A job is "numink SEED", "torch SEED SETTING" or "probe SEED SETTING"."""
    kind, seed, *setting = job.split()
    if kind == "numink":
        return numink(int(seed))
    way, layout, threads, adam = setting
    return torch(int(seed), way, layout, int(threads.removeprefix("threads=")), adam == "fused", kind == "probe")


def main() -> None:
    recipe = recipe_on_mnist()
    probes = common.once("benchmarks.fast", [f"probe 0 {setting}" for setting in SETTINGS])
    best_two = sorted(probes, key=lambda job: probes[job]["seconds"])[:2]
    probes = common.in_turns("benchmarks.fast", best_two, PROBES)
    setting = min(probes, key=lambda job: probes[job]["seconds"]).removeprefix("probe 0 ")
    ours, theirs = [], []
    for seed in range(SEEDS):
        ours.append(common.outcome("benchmarks.fast", f"numink {seed}"))
        if seed < PEER_SEEDS:
            theirs.append(common.outcome("benchmarks.fast", f"torch {seed} {setting}"))
        print(seed, ours[-1], *theirs[seed:], file=sys.stderr, flush=True)
    ratio = median(mine["seconds"] / its["seconds"] for mine, its in zip(ours, theirs, strict=False))  # of the pairs
    rows = [
        [
            "numink",
            f"**{typical(ours, 'seconds'):.1f} s** ({LEAST}; {AIM} the aim)",
            f"{mean(run['seconds'] for run in ours):.1f} s",
            f"**{ratio:.2f}** ({RATIO})",
            *accuracy_of(ours),
            len(ours),
        ],
        [
            f"PyTorch, {setting} Adam",
            f"{typical(theirs, 'seconds'):.1f} s",
            f"{mean(run['seconds'] for run in theirs):.1f} s",
            "1",
            *accuracy_of(theirs),
            len(theirs),
        ],
    ]
    header = [
        "",
        "training, median (aim)",
        "mean",
        "ratio (aim)",
        "test accuracy, mean (aim 99.0 %)",
        "median",
        "range",
        "seeds",
    ]
    words = " ".join(map(str, recipe.network.layers))
    differs = "; only the masks of dropout differ" if "drop" in words else ""
    if "norm" in words:
        differs += "; numink normalises by each shard, PyTorch by the whole batch"
        differs += ", and PyTorch's running variance divides by m - 1, numink's by m"
    text = (
        f"`{', '.join(map(str, recipe.network.layers))}`, activation {recipe.network.activation}; "
        f"{recipe.train.epochs} epochs of {60_000 - recipe.data.validation:,} images in batches of "
        f"{recipe.train.batch_size}. PyTorch trains the very same network from the same weights on the same images "
        "in the same order, with the same schedule, Adam, and choice of the best epoch by the validation images"
        f"{differs}. Training is from the first batch to the last update, with the validation after each epoch in "
        "it, for both; loading and the test are left out, for both. PyTorch is float32 in the best of "
        f"{len(SETTINGS)} settings (eager: contiguous or channels-last, 1 or 2 threads, default or fused Adam; "
        "`torch.compile`: contiguous or channels-last, 2 threads, fused) by the seconds of "
        f"{PROBE_STEPS} steps, each probed once and the best two {PROBES} times more. Its images lie ready as float32 "
        "in that layout, and it makes a step, and compiles, before its clock starts; numink starts cold, from uint8. "
        f"The ratio is the median of those of {PEER_SEEDS} seeds, which ran in turns; numink's other seeds ran after "
        "them, alone. Accuracy on MNIST's 10,000 test images, by which nothing was chosen but the widths (wider ones "
        "gave 99.24 and 99.11 %, and were slower), with the 95 % interval of the mean.\n\n" + common.table(header, rows)
    )
    common.publish("fast", f"Seconds to 99 %: `{RECIPE}`", "python -m benchmarks.fast", text)


def typical(runs: list[dict[str, float]], figure: str) -> float:
    return median(run[figure] for run in runs)


def accuracy_of(runs: list[dict[str, float]]) -> list[str]:
    accuracy = [run["accuracy"] for run in runs]
    return [common.mean_95(accuracy), f"{median(accuracy):.2%}", f"{min(accuracy):.2%} to {max(accuracy):.2%}"]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(run_job(sys.argv[1])))
    else:
        main()
