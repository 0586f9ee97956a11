"""A comparison from recipes to its folder: what is run, what is not run again, and what is refused untouched."""

import csv
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from fake_digits import write_idx
from numink.data.sources import read
from numink.errors import DataError, NuminkError, RecipeError, RunError
from numink.model_file import load_model
from numink.training.callbacks import Checkpoint
from numink.understand.compare import experiment as module
from numink.understand.compare.experiment import compare
from numink.understand.compare.lock import locked
from numink.understand.compare.plots import course
from numink.understand.side_by_side import Failure

SETTINGS = (
    "data.validation=100",
    "train.epochs=3",
    "train.batch_size=50",
    "network.layers=['dense 8', 'activation', 'dense 10']",
)
VARY = ["network.activation=sigmoid,tanh"]


def one_by_one(task, jobs, processes, heard) -> Iterator:
    """In the place of side_by_side: the same, in this process."""
    for place, job in enumerate(jobs):
        try:
            yield place, task(job, lambda said, place=place: heard(place, said) or True)
        except NuminkError as error:
            yield place, Failure(type(error).__name__, str(error))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "side_by_side", one_by_one)
    monkeypatch.setattr("numink.evaluate.run_report.run_report", lambda *run: "<html></html>")
    monkeypatch.setattr("numink.understand.compare.page.compare_page", lambda found: f"<html>{found.failed}</html>")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "it"


def made(few_digits, out, vary=VARY, seeds=2, settings=SETTINGS, recipes=("small-10",), **more):
    return compare([*recipes], vary, seeds=seeds, source=str(few_digits), settings=settings, out=out, **more)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_figures_are_those_of_the_runs(few_digits, folder):
    found = made(few_digits, folder)

    assert [(run.variant, run.seed) for run in found.runs] == [(v, s) for v in ("sigmoid", "tanh") for s in range(2)]
    for run in found.runs:
        model = load_model(str(folder / "runs" / run.variant / f"seed-{run.seed}"))
        digits = read(few_digits).split(100, run.seed)
        for part in ("training", "validation", "test"):
            scores = model.test({"training": digits.train}.get(part) or getattr(digits, part))
            figures = getattr(run, part)
            assert (figures.images, figures.accuracy) == (scores.images, scores.accuracy)
            assert (figures.squared_error, figures.cross_entropy) == (scores.squared_error, scores.loss)
        assert (run.parameters, run.epochs, run.steps) == (784 * 8 + 8 + 8 * 10 + 10, 3, 30)
    assert json.loads((folder / "compare.json").read_text()) == json.loads(json.dumps(found.to_json()))
    assert (folder / "compare.csv").read_text() == found.to_csv()


def test_the_course_is_that_of_the_histories(few_digits, folder):
    found = made(few_digits, folder)
    rows = [
        [
            line.split(",")
            for line in (folder / "runs" / "tanh" / f"seed-{seed}" / "history.csv").read_text().splitlines()[1:]
        ]
        for seed in range(2)
    ]
    seen = course(found, found.variants[1], "validation", "loss", "epoch")

    losses = [[float(row[6]) for row in table] for table in rows]
    assert seen.x.tolist() == [1, 2, 3]
    assert seen.mean.tolist() == pytest.approx([(a + b) / 2 for a, b in zip(*losses, strict=True)])
    assert seen.low.tolist() == [min(pair) for pair in zip(*losses, strict=True)]
    assert seen.high.tolist() == [max(pair) for pair in zip(*losses, strict=True)]


def test_again_nothing_is_run(few_digits, folder, monkeypatch):
    first = made(few_digits, folder)
    before = contents(folder)
    monkeypatch.setattr(module, "side_by_side", None)
    monkeypatch.setattr(module.sources, "read", None)
    said = []
    again = made(few_digits, folder, say=said.append)

    (line,) = said
    assert line == f"figures of earlier runs, on the data {few_digits} ({first.runs[0].fingerprint}), not read again"

    assert again.to_json() == first.to_json()
    assert contents(folder) == before


def test_more_seeds_are_only_the_new_ones(few_digits, folder):
    first, ended = made(few_digits, folder, seeds=1), []
    more = made(few_digits, folder, seeds=3, watch=lambda done, under_way, total, run: ended.append(run))

    assert [(run.variant, run.seed) for run in ended if run] == [(v, s) for s in (1, 2) for v in ("sigmoid", "tanh")]
    assert set(first.runs) < set(more.runs)
    assert [test.paired.pairs for test in more.tests] == [3]


def test_an_interrupted_run_goes_on_from_its_checkpoint(few_digits, folder, tmp_path, monkeypatch):
    whole = made(few_digits, tmp_path / "whole")

    def broken_off(task, jobs, processes, heard):
        """The first run ends after two steps; Ctrl-C does that, when nobody listens to `say` any more."""
        with pytest.raises(RunError, match="it was interrupted"):
            task(jobs[0], lambda share: share < 2 / 30)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("numink.understand.compare.one_run.SECONDS_BETWEEN", 0.0)
    monkeypatch.setattr(Checkpoint.__init__, "__defaults__", (0.0,))
    with monkeypatch.context() as patch:
        patch.setattr(module, "side_by_side", broken_off)
        with pytest.raises(KeyboardInterrupt):
            made(few_digits, folder)
    run = folder / "runs" / "sigmoid" / "seed-0"
    assert {path.name for path in run.iterdir()} == {"recipe.toml", "checkpoint.safetensors"}
    assert not (folder / "compare.json").exists()
    shares = []
    found = made(few_digits, folder, watch=lambda done, under_way, total, ended: shares.append(under_way))

    assert shares[0] == pytest.approx(3 / 30)  # it had done two steps
    assert [run.validation for run in found.runs] == [run.validation for run in whole.runs]
    assert [run.test for run in found.runs] == [run.test for run in whole.runs]


def test_a_watch_hears_how_far_all_are(few_digits, folder, monkeypatch):
    monkeypatch.setattr("numink.understand.compare.one_run.SECONDS_BETWEEN", 0.0)
    seen = []
    made(few_digits, folder, watch=lambda done, under_way, total, ended: seen.append((done + under_way, total, ended)))

    assert [done for done, *_ in seen] == pytest.approx(sorted(done for done, *_ in seen))
    assert (seen[0][0], seen[-1][0]) == (pytest.approx(1 / 30), 4)
    assert {total for _, total, _ in seen} == {4}
    assert sum(ended is not None for *_, ended in seen) == 4


def test_a_run_that_diverges_is_told_and_stops_no_other(few_digits, folder, monkeypatch):
    found = made(few_digits, folder, ["train.learning_rate=0.001,0.01,1e30"])

    assert [(run.variant, run.seed, run.kind) for run in found.failed] == [
        ("learning_rate 1e+30", seed, "TrainingError") for seed in range(2)
    ]
    assert len(found.runs) == 4
    assert "the loss became" in (folder / "compare.html").read_text()
    monkeypatch.setattr(module, "side_by_side", None)  # it would diverge again
    assert made(few_digits, folder, ["train.learning_rate=0.001,0.01,1e30"]).failed == found.failed


def test_a_run_that_died_is_tried_again(few_digits, folder, monkeypatch):
    def one_dies(task, jobs, processes, heard):
        for place, ended in one_by_one(task, jobs[1:], processes, heard):
            yield place + 1, ended
        yield 0, Failure("died", "its process was killed")

    with monkeypatch.context() as patch:
        patch.setattr(module, "side_by_side", one_dies)
        found = made(few_digits, folder)
    assert [(run.variant, run.seed, run.line) for run in found.failed] == [("sigmoid", 0, "its process was killed")]
    assert found.tests[0].paired.pairs == 1
    again = made(few_digits, folder)

    assert again.failed == ()
    assert again.tests[0].paired.pairs == 2


def test_where_nothing_can_be_compared(few_digits, folder):
    with pytest.raises(RunError) as error:
        made(few_digits, folder, ["train.learning_rate=1e30,0.01"])

    assert re.match(
        r"there is nothing to compare: one variant alone has a result; learning_rate 1e\+30, seed 0: the loss became",
        str(error.value),
    )
    with pytest.raises(RunError, match="there is nothing to compare: no run has a result"):
        made(few_digits, folder / "2", ["train.learning_rate=1e30,1e29"])


def test_another_comparison_in_the_folder_stays_as_it_is(few_digits, folder):
    made(few_digits, folder)
    before = contents(folder)
    for change in (
        {"vary": ["network.activation=sigmoid,relu"]},
        {"settings": [*SETTINGS, "train.epochs=4"]},
        {"recipes": ["small-10", "small-15"]},
    ):
        with pytest.raises(RunError, match=f"^{folder} holds another comparison; choose another folder with --out$"):
            made(few_digits, folder, **change)

    assert contents(folder) == before


def test_a_run_in_the_folder_stays_as_it_is(few_digits, folder):
    made(few_digits, folder)
    run = folder / "runs" / "tanh" / "seed-0"
    with pytest.raises(RunError, match="holds a run already"):
        made(few_digits, run)


def test_other_data_than_before_are_refused(few_digits, folder, tmp_path):
    data = write_idx(tmp_path / "data")
    made(data, folder, seeds=1)
    before = contents(folder)
    for file in data.iterdir():
        file.unlink()
    write_idx(data, seed=1)
    with pytest.raises(RunError, match=r"the data are not those that .* was trained on"):
        made(data, folder, seeds=2)

    assert contents(folder) == before


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"vary": ["network.activation=sigmoid,than"]}, RecipeError),
        ({"vary": ["network.activaton=sigmoid,tanh"]}, RecipeError),
        ({"seeds": 0}, RecipeError),
        ({"few_digits": "nowhere.csv"}, DataError),
        ({"vary": ["data.validation=100,600"]}, RecipeError),
        ({"settings": [*SETTINGS, "data.validation=600"]}, DataError),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(few_digits, folder, arguments, kind):
    with pytest.raises(kind) as error:
        made(**{"few_digits": few_digits, "out": folder} | arguments)

    assert "\n" not in str(error.value)
    assert not folder.exists()


def test_a_folder_of_its_own_for_each_comparison(few_digits, folder):
    folders = {
        made(few_digits, None, **more).folder
        for more in (
            {},
            {"vary": ["network.activation=tanh,relu"]},
            {"settings": [*SETTINGS, "train.epochs=2"]},
            {"seeds": 1},
        )
    }

    assert len(folders) == 3  # how many seeds does not matter
    assert all(re.fullmatch(r"runs/compare-small-10-[0-9a-f]{8}", str(found)) for found in folders)


def test_the_command_makes_it_again(few_digits, folder):
    found = made(few_digits, folder, ["network.init=he,normal 0.1"])

    assert found.command == (
        "numink compare small-10 --vary 'network.init=he,normal 0.1' --set data.validation=100 --set train.epochs=3 "
        "--set train.batch_size=50 --set 'network.layers=['\"'\"'dense 8'\"'\"', '\"'\"'activation'\"'\"', "
        f"'\"'\"'dense 10'\"'\"']' --seeds 2 --data {few_digits} --out {folder}"
    )


def test_figures_that_are_damaged_are_made_again(few_digits, folder):
    first = made(few_digits, folder)
    (folder / "runs" / "tanh" / "seed-1.json").write_text('{"figures": {"seed"')

    assert [run.test for run in made(few_digits, folder).runs] == [run.test for run in first.runs]


def test_a_run_that_was_deleted_is_made_again(few_digits, folder):
    first = made(few_digits, folder)
    for path in (folder / "runs" / "tanh" / "seed-1").iterdir():
        path.unlink()

    assert [run.test for run in made(few_digits, folder).runs] == [run.test for run in first.runs]


def test_a_plan_that_cannot_be_read(few_digits, folder):
    made(few_digits, folder)
    (folder / "plan.json").write_text("{")
    with pytest.raises(RunError, match=r"cannot read .*plan\.json"):
        made(few_digits, folder)


def test_the_last_epoch_is_told_beside_the_best(few_digits, folder):
    found = made(few_digits, folder, seeds=1)
    for run in found.runs:
        history = (folder / "runs" / run.variant / "seed-0" / "history.csv").read_text()
        rows = [*csv.DictReader(history.splitlines())]
        assert run.final == pytest.approx(float(rows[-1]["validation_accuracy"]))
        assert run.validation.accuracy == pytest.approx(max(float(row["validation_accuracy"]) for row in rows))


def test_figures_that_were_stored_without_it_are_read(few_digits, folder):
    first = made(few_digits, folder, seeds=1)
    path = folder / "runs" / "tanh" / "seed-0.json"
    stored = json.loads(path.read_text())
    for key in ("final", "version", "arithmetic"):
        del stored["figures"][key]
    path.write_text(json.dumps(stored))

    assert made(few_digits, folder, seeds=1).runs == first.runs


def test_figures_of_another_numink_are_told_of(few_digits, folder, monkeypatch):
    made(few_digits, folder, seeds=1)
    monkeypatch.setattr(module, "__version__", "99.0")
    said = []
    made(few_digits, folder, seeds=1, say=said.append)

    assert re.match(r"2 runs made with numink .*, and now it is numink 99\.0, numpy ", said[-1])


def test_a_failure_whose_folder_was_deleted_is_tried_again(few_digits, folder):
    vary = ["train.learning_rate=0.01,0.02,1e30"]
    found = made(few_digits, folder, vary, seeds=1)
    run = folder / "runs" / "learning_rate-1e-30" / "seed-0"
    ended = []
    made(few_digits, folder, vary, seeds=1, watch=lambda done, under_way, total, run: ended.append(run))
    assert ended == []
    shutil.rmtree(run)
    again = made(few_digits, folder, vary, seeds=1, watch=lambda done, under_way, total, run: ended.append(run))

    assert [run.variant for run in ended if run] == ["learning_rate 1e+30"]
    assert again.failed == found.failed


def test_two_processes_do_not_work_on_one_comparison(few_digits, folder, monkeypatch):
    def second(task, jobs, processes, heard):
        code = "from numink.understand.compare.lock import locked; from pathlib import Path; import sys\n"
        code += "with locked(Path(sys.argv[1])): print('has it')"
        other = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True)
        assert other.returncode == 1
        assert "RunError: another process works on this comparison, in " in other.stderr
        yield from one_by_one(task, jobs, processes, heard)

    with monkeypatch.context() as patch:
        patch.setattr(module, "side_by_side", second)
        made(few_digits, folder, seeds=1)
    with locked(folder), pytest.raises(RunError, match="another process works on this comparison"):
        made(few_digits, folder, seeds=2)
    assert len(made(few_digits, folder, seeds=2).runs) == 4


def test_a_lock_ends_with_its_process(tmp_path):
    code = "from numink.understand.compare.lock import locked; from pathlib import Path; import os, sys\n"
    code += "with locked(Path(sys.argv[1])): os._exit(3)"
    assert subprocess.run([sys.executable, "-c", code, tmp_path / "it"]).returncode == 3
    with locked(tmp_path / "it"):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="choose another folder with --out"), locked(tmp_path / "file" / "it"):
        pass
