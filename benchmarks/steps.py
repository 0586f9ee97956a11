"""How many training steps a second, against PyTorch and scikit-learn? Batch 128, Adam, images drawn at random."""

from benchmarks import common  # first: it makes the start fair

import warnings
from itertools import pairwise
from time import perf_counter

import numpy as np

NETWORKS = {"784-10-10": (10,), "784-128-10": (128,), "784-512-256-10": (512, 256)}
TARGETS = {"784-10-10": 2.0, "784-128-10": 1.5, "784-512-256-10": 1.2}
BATCH, IMAGES, EPOCHS = 128, 25_600, 5
ROUNDS = 3


def images() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (IMAGES, 28, 28), dtype=np.uint8), rng.integers(0, 10, IMAGES).astype(np.uint8)


def steady(epoch, steps: int) -> dict[str, float]:
    """Steps a second of the median epoch, after one to warm up."""
    epoch()
    seconds = []
    for _ in range(EPOCHS):
        start = perf_counter()
        epoch()
        seconds.append(perf_counter() - start)
    return {"steps_per_second": steps / float(np.median(seconds))}


def numink(widths: tuple[int, ...], shards: int) -> dict[str, float]:
    from numink.data.digits import Part
    from numink.nn.layers import Pixels
    from numink.recipe import Recipe
    from numink.run import initial_weights
    from numink.model import network_of
    from numink.training.trainer import Trainer
    from numink.crew import Crew, processors

    layers = [word for width in widths for word in (f"dense {width}", "relu")] + ["dense 10"]
    recipe = Recipe().with_settings([f"network.layers={layers}", f"train.shards={shards}", "train.epochs=1000"])
    part = Part(*images())
    with Crew(min(processors(), shards)) as crew:
        theta = initial_weights(recipe, Pixels(), 0)
        empty = Part(part.images[:0], part.labels[:0])
        trainer = Trainer(network_of(recipe, Pixels()), recipe.train, part, empty, theta, 0, crew)

        def epoch() -> None:
            order = trainer.order(trainer.state.epoch)
            for first in range(0, IMAGES, BATCH):
                trainer.take_step(order, first, first + BATCH)
            trainer.close_epoch()

        return steady(epoch, IMAGES // BATCH)


def torch(widths: tuple[int, ...], threads: int, fused: bool) -> dict[str, float]:
    import torch

    torch.set_num_threads(threads)
    X, y = images()
    X, y = torch.from_numpy(X.reshape(IMAGES, 784)).float() / 255, torch.from_numpy(y).long()
    sizes = (784, *widths, 10)
    parts = []
    for d_in, d_out in pairwise(sizes):
        parts += [torch.nn.Linear(d_in, d_out), torch.nn.ReLU()]
    network = torch.nn.Sequential(*parts[:-1])
    optimizer = torch.optim.Adam(network.parameters(), 0.003, fused=fused)
    loss = torch.nn.CrossEntropyLoss()

    def epoch() -> None:
        order = torch.randperm(IMAGES)
        for first in range(0, IMAGES, BATCH):
            rows = order[first : first + BATCH]
            optimizer.zero_grad()
            loss(network(X[rows]), y[rows]).backward()
            optimizer.step()

    return steady(epoch, IMAGES // BATCH)


def scikit_learn(widths: tuple[int, ...], threads: int) -> dict[str, float]:
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    X, y = images()
    X = X.reshape(IMAGES, 784).astype(np.float32) / 255
    # One call for all epochs, so that its checks and the start of its optimiser are a small part
    network = MLPClassifier(widths, batch_size=BATCH, max_iter=EPOCHS, learning_rate_init=0.003, alpha=0, tol=0)
    with threadpool_limits(threads), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that these epochs are not convergence
        start = perf_counter()
        network.fit(X, y)
    return {"steps_per_second": network.n_iter_ * (IMAGES // BATCH) / (perf_counter() - start)}


def jobs() -> dict:
    every = {}
    for name, widths in NETWORKS.items():
        for shards in (1, 2):
            every[f"numink {name} shards={shards}"] = lambda w=widths, s=shards: numink(w, s)
        for threads in (1, 2):
            for fused in (False, True):
                every[f"torch {name} threads={threads} fused={fused}"] = lambda w=widths, t=threads, f=fused: torch(
                    w, t, f
                )
        for threads in (1, 2):
            every[f"sklearn {name} threads={threads}"] = lambda w=widths, t=threads: scikit_learn(w, t)
    return every


def main() -> None:
    rows = []
    for name in NETWORKS:
        mine = [job for job in jobs() if f" {name}" in job and job.split()[1] == name]
        results = {
            job: figures["steps_per_second"]
            for job, figures in common.in_turns("benchmarks.steps", mine, ROUNDS).items()
        }
        best = {}
        for peer in ("numink", "torch", "sklearn"):
            best[peer] = max((speed, job) for job, speed in results.items() if job.startswith(peer))
        ratio, ratio_sklearn = best["numink"][0] / best["torch"][0], best["numink"][0] / best["sklearn"][0]
        rows.append(
            [
                name,
                *(f"{best[peer][0]:,.0f}" for peer in ("numink", "torch", "sklearn")),
                f"**{ratio:.2f}** ({TARGETS[name]:.1f})",
                f"**{ratio_sklearn:.2f}** (2.0)",
                "; ".join(best[peer][1].split(" ", 2)[2] for peer in ("numink", "torch", "sklearn")),
            ]
        )
    header = [
        "network",
        "numink",
        "PyTorch",
        "scikit-learn",
        "to PyTorch (aim)",
        "to scikit-learn (aim)",
        "best settings",
    ]
    text = (
        "Training steps a second, batch 128, Adam, float32, drawing the batch included; numink's steps have the loss "
        "and the accuracy in them, PyTorch's the loss. PyTorch eager, the best of 1 and 2 threads, fused and default "
        "Adam, its images float32 in memory; scikit-learn the better of 1 and 2 threads; numink the better of 1 and 2 "
        f"shards, its images uint8. Medians of {ROUNDS} processes.\n\n" + common.table(header, rows)
    )
    common.publish("steps", "Training steps a second", "python -m benchmarks.steps", text)


if __name__ == "__main__":
    if not common.run_job(jobs()):
        main()
