"""`numink doctor`, and the same checks while `numink train` runs."""

import json
import shutil

import pytest

from program import QUICK


@pytest.fixture(scope="module")
def dead(few_digits, tmp_path_factory):
    """A run whose rate kills all units, and what its training said."""
    from numink.cli.main import run

    folder = tmp_path_factory.mktemp("runs") / "dead"
    settings = ("--set", "network.activation=relu", "--set", "train.learning_rate=30")
    assert run(["train", "small-10", "--data", str(few_digits), *QUICK, *settings, "--out", str(folder)]) == 0
    return folder


def test_a_healthy_run(command, trained):
    ended = command("doctor", trained)

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[0] == f"{trained}: healthy, nothing found in what could be looked at"
    assert "  steps     30 of 30\n" in ended.out
    assert "% of 500, validation " in ended.out
    assert "(by the weights that are kept; the layers, by the last)\n" in ended.out
    assert "\x1b" not in ended.out


def test_a_sick_run(command, dead):
    """What it is, what was seen, why it hurts and what to change; the consequences after it, in a line each."""
    ended = command("doctor", dead)
    lines = ended.out.splitlines()

    assert (ended.status, ended.err) == (0, "")
    assert lines[0] == f"{dead}: learning rate too large"
    headings = [line.split()[0] for line in lines if line.startswith("  ")]
    assert headings[:5] == ["seen", "hurts", "change", "also", "also"]
    assert any("--set train.learning_rate=0.003" in line for line in lines)
    assert any(line.split() == ["layer", "1", "(dense", "10)", "0", "relu", "100%"] for line in lines)


def test_json(command, dead, trained):
    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    healthy = json.loads(command("doctor", trained, "--json").out, parse_constant=refuse)
    sick = json.loads(command("doctor", dead, "--json").out, parse_constant=refuse)

    assert (
        set(healthy)
        == set(sick)
        == {*("run", "recipe", "healthy", "verdict", "findings", "figures", "layers", "ended", "unseen")}
    )
    assert (healthy["healthy"], healthy["findings"], healthy["recipe"]) == (True, [], "small-10")
    assert set(sick["findings"][0]) == {"name", "seen", "why", "change", "after"}
    assert [finding["after"] for finding in sick["findings"]] == ["", *["learning rate too large"] * 2]
    assert sick["layers"][0]["dead"] == 1
    assert {"first_loss", "last_loss", "steps", "validation_accuracy"} <= set(sick["figures"])


def test_numbers_that_json_does_not_know(command, trained, tmp_path, monkeypatch):
    """A gradient that is not finite is null."""
    from numink.understand.doctor import of_run as doctor_run

    real = doctor_run.vitals

    def wild(*batch):
        from dataclasses import replace

        found = real(*batch)
        return replace(found, layers=(replace(found.layers[0], gradient=float("inf")), *found.layers[1:]))

    monkeypatch.setattr(doctor_run, "vitals", wild)
    assert json.loads(command("doctor", trained, "--json").out)["layers"][0]["gradient"] is None


def test_what_was_not_at_hand(command, trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    (tmp_path / "run" / "model.safetensors").unlink()
    ended = command("doctor", "run")

    assert ended.out.splitlines()[0] == "run: healthy, nothing found in what could be looked at"
    assert any(line.startswith("  not       the model: there is no model in run") for line in ended.out.splitlines())


def test_a_run_too_short_to_judge(command, few_digits):
    settings = ("--set", "train.iterations=8", "--set", "train.learning_rate=1e-9", "--set", "data.validation=100")
    assert command("train", "small-10", "--data", few_digits, *settings, "--out", "run").status == 0
    ended = command("doctor", "run")

    assert ended.out.startswith("run: too early to judge, with an accuracy of ")
    assert json.loads(command("doctor", "run", "--json").out)["healthy"] is None


def test_a_loss_that_is_not_finite_is_told(command, trained, tmp_path):
    shutil.copytree(trained, tmp_path / "run")
    (tmp_path / "run" / "checkpoint.safetensors").unlink()
    table = tmp_path / "run" / "history.csv"
    table.write_text(table.read_text().splitlines()[0] + "\n1,10,0.1,0.1,inf,0.1,2.3,0.1\n")

    assert "  loss      inf at first, inf at last\n" in command("doctor", "run").out


def test_a_run_that_stopped_by_itself(command, few_digits):
    settings = (*QUICK, "--set", "train.epochs=50", "--set", "train.learning_rate=1e-9", "--set", "train.early_stop=2")
    assert command("train", "small-10", "--data", few_digits, *settings, "--out", "run").status == 0
    ended = command("doctor", "run")

    assert ended.out.startswith("run: learning rate too small")
    assert "  steps     30 of 500; stopped by itself: no progress on the validation images for 2 epochs\n" in ended.out


def test_what_is_no_run(command, tmp_path):
    (tmp_path / "empty").mkdir()

    assert "there is no run in empty: expected the file empty/recipe.toml" in command("doctor", "empty").message
    assert "there is no run in nowhere" in command("doctor", "nowhere").message
    assert "missing argument 'RUN'" in command("doctor").message


def test_training_says_at_once_what_is_wrong(command, few_digits):
    settings = ("--set", "network.activation=relu", "--set", "train.learning_rate=30")
    ended = command("train", "small-10", "--data", few_digits, *QUICK, *settings, "--out", "run", "--json")
    lines = [line for line in ended.err.splitlines() if line.startswith("numink: ")]

    assert ended.status == 0
    json.loads(ended.out)
    assert lines
    assert "of the ReLUs of layer 1 (dense 10) are dead: lower train.learning_rate (now 30), as in --set" in lines[0]
    assert len(lines) == len(set(lines))


def test_a_healthy_training_says_nothing(command, few_digits):
    ended = command("train", "small-10", "--data", few_digits, *QUICK, "--out", "run")

    assert "numink: " not in ended.err
