"""All benchmarks of speed, one after the other: three quarters of an hour. `python -m benchmarks.accuracy`, which
trains every recipe several times, and `python -m benchmarks.unseen FOLDER` are by themselves."""

from benchmarks import (
    ablation,
    best,
    convnet,
    convnet_predictions,
    fast,
    full_batch,
    handwriting,
    memory,
    predictions,
    steps,
)
from benchmarks import understand, waiting

if __name__ == "__main__":
    for benchmark in (
        steps,
        full_batch,
        predictions,
        convnet,
        convnet_predictions,
        fast,
        waiting,
        handwriting,
        memory,
        best,
        ablation,
        understand,
    ):
        benchmark.main()
