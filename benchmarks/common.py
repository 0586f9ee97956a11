"""What the benchmarks share: a fair start, turns, medians, and the page that the results go to."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

# Every library chooses its own kernels and threads: a setting in the environment would handicap one of them alone.
for variable in [*os.environ]:
    if variable.startswith(("OPENBLAS_", "MKL_", "OMP_")):
        del os.environ[variable]

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
ROUNDS = 5
# Student's t: by how many standard errors the mean of so many figures is uncertain, with 95 % confidence
T_95 = {3: 4.303, 5: 2.776, 10: 2.262}


def outcome(module: str, job: str) -> dict[str, float]:
    """What `python -m module JOB` prints as its last line: one JSON object of numbers."""
    done = subprocess.run([sys.executable, "-m", module, job], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{module} {job} failed:\n{done.stderr}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def once(module: str, jobs: Sequence[str]) -> dict[str, dict[str, float]]:
    """What each job prints, run one time: to see which are worth timing again. One that fails is left out."""
    figures = {}
    for job in jobs:
        try:
            figures[job] = outcome(module, job)
        except SystemExit as failure:
            print(failure, file=sys.stderr)
    return figures


def in_turns(module: str, jobs: Sequence[str], rounds: int = ROUNDS) -> dict[str, dict[str, float]]:
    """Run `python -m module JOB` for each job, one after the other, `rounds` times over; the median of each figure."""
    results: dict[str, list[dict[str, float]]] = {job: [] for job in jobs}
    for _ in range(rounds):
        for job in jobs:
            results[job].append(outcome(module, job))
    return {job: {key: median(run[key] for run in runs) for key in runs[0]} for job, runs in results.items()}


def mean_95(shares: Sequence[float]) -> str:
    """The mean of several shares, and its 95 % interval; one alone as it is.

    >>> mean_95([0.990, 0.991, 0.992])
    '**99.10%** ± 0.25%'
    """
    if len(shares) == 1:
        return f"**{shares[0]:.2%}**"
    return f"**{mean(shares):.2%}** ± {T_95[len(shares)] * stdev(shares) / len(shares) ** 0.5:.2%}"


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def publish(name: str, title: str, command: str, text: str) -> None:
    """Put a section into docs/benchmarks.md, in place of the one of the same name, and print it."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    section = f"{start}\n## {title}\n\n{text}\n\n`{command}`, on {machine()}.\n{end}"
    page = PAGE.read_text() if PAGE.exists() else "# Benchmarks\n"
    if start in page:
        before, after = page.split(start)[0], page.split(end)[1]
        page = before + section + after
    else:
        page = page.rstrip() + "\n\n" + section + "\n"
    PAGE.write_text(page)
    print(f"\n{title}\n\n{text}\n")


def machine() -> str:
    """The processor, and the versions that matter."""
    name = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        name = next((line.split(":")[1].strip() for line in facts.open() if line.startswith("model name")), name)
    versions = []
    for module in ("numpy", "torch", "sklearn", "onnxruntime"):
        try:
            versions.append(f"{module} {__import__(module).__version__}")
        except ImportError:
            continue
    return f"{len(os.sched_getaffinity(0))} cores of {name}, Python {platform.python_version()}, {', '.join(versions)}"


def run_job(jobs: dict[str, Callable[[], dict[str, float]]]) -> bool:
    """When the script was called with the name of a job: do it, print its figures, and say True."""
    if len(sys.argv) < 2:
        return False
    print(json.dumps(jobs[sys.argv[1]]()))
    return True
