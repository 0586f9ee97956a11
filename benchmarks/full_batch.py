"""How long do 500 full-batch iterations of classic-10 over 59,000 images take, against PyTorch?"""

from benchmarks import common  # first: it makes the start fair

from time import perf_counter

import numpy as np

IMAGES, ITERATIONS = 59_000, 100


def images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8), rng.integers(0, 10, IMAGES).astype(np.uint8)


def numink() -> dict[str, float]:
    from numink import recipe as recipes
    from numink.data.digits import Part
    from numink.model import network_of
    from numink.nn.layers import Pixels
    from numink.run import initial_weights
    from numink.training.trainer import Trainer
    from numink.crew import Crew, processors

    recipe = recipes.load("classic-10")
    part = Part(*images())
    validation = Part(part.images[:1000], part.labels[:1000])  # judged at every iteration, as in the run itself
    with Crew(min(processors(), recipe.train.shards)) as crew:
        theta = initial_weights(recipe, Pixels(), 0)
        trainer = Trainer(network_of(recipe, Pixels()), recipe.train, part, validation, theta, 0, crew)
        start = perf_counter()
        for _ in range(ITERATIONS):
            trainer.take_step(None, 0, IMAGES)
            trainer.close_epoch()
        return {"seconds": (perf_counter() - start) / ITERATIONS * 500}


def torch(threads: int, fused: bool) -> dict[str, float]:
    import torch

    torch.set_num_threads(threads)
    X, y = images()
    X, y = torch.from_numpy(X.reshape(IMAGES, 784)).float() / 255, torch.from_numpy(y).long()
    network = torch.nn.Sequential(torch.nn.Linear(784, 10), torch.nn.ReLU(), torch.nn.Linear(10, 10))
    optimizer = torch.optim.SGD(network.parameters(), 0.1, fused=fused)
    loss = torch.nn.CrossEntropyLoss()
    start = perf_counter()
    for _ in range(ITERATIONS):
        optimizer.zero_grad()
        loss(network(X), y).backward()
        optimizer.step()
    return {"seconds": (perf_counter() - start) / ITERATIONS * 500}


JOBS = {"numink": numink} | {
    f"torch threads={threads} fused={fused}": lambda t=threads, f=fused: torch(t, f)
    for threads in (1, 2)
    for fused in (False, True)
}


def main() -> None:
    results = common.in_turns("benchmarks.full_batch", list(JOBS))
    ours = results.pop("numink")["seconds"]
    theirs, setting = min((figures["seconds"], job) for job, figures in results.items())
    rows = [
        ["numink", f"{ours:.1f} s (12)", f"**{ours / theirs:.2f}** (0.6)"],
        [setting.replace("torch", "PyTorch,"), f"{theirs:.1f} s", "1"],
    ]
    text = (
        f"784-10-10, 500 iterations over {IMAGES:,} images (measured over {ITERATIONS}). In numink's time is the "
        "accuracy on 1000 validation images after each iteration.\n\n"
        + common.table(["", "500 iterations (aim)", "ratio (aim)"], rows)
    )
    common.publish("full_batch", "Full batch", "python -m benchmarks.full_batch", text)


if __name__ == "__main__" and not common.run_job(JOBS):
    main()
