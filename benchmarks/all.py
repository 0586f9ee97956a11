"""All benchmarks of speed, one after the other. `python -m benchmarks.accuracy`, three quarters of an hour, and
`python -m benchmarks.unseen FOLDER` are by themselves."""

from benchmarks import full_batch, handwriting, predictions, steps, waiting

if __name__ == "__main__":
    for benchmark in (steps, full_batch, predictions, waiting, handwriting):
        benchmark.main()
