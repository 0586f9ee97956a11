"""All benchmarks of speed, one after the other. `python -m benchmarks.accuracy`, half an hour, is by itself."""

from benchmarks import full_batch, predictions, steps, waiting

if __name__ == "__main__":
    for benchmark in (steps, full_batch, predictions, waiting):
        benchmark.main()
