"""`numink calibrate`, and what `numink test --calibration` shows of it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import numink
from fake_digits import images_and_labels
from numink.data.digits import Part
from numink.model import Model
from numink.reader.confidence import FACTORS, trust_in
from numink.understand.side_by_side import Failure


@pytest.fixture
def pages(monkeypatch):
    """Pages that cost nothing, four of five numbers right, the surer the more often; the jobs that were asked for."""
    asked = []

    def side_by_side(task, jobs, processes):
        asked.extend(jobs)
        for place, (_, seed) in reversed(list(enumerate(jobs))):
            rng = np.random.default_rng(seed)
            sure = rng.random(30)
            known = dict.fromkeys(FACTORS, 0.9)
            yield place, [(known | {"digits": float(p)}, bool(rng.random() < 0.6 + 0.4 * p)) for p in sure]

    monkeypatch.setattr("numink.understand.side_by_side.side_by_side", side_by_side)
    monkeypatch.setattr("numink.reader.calibrate.unseen_strokes", lambda count: Part(*images_and_labels(60, seed=8)))
    nothing = Part(images_and_labels(20, seed=7)[0], np.full(20, 10, np.uint8))
    monkeypatch.setattr("numink.reader.calibrate.no_digits.read", lambda count, which: nothing)
    return asked


def test_a_model_is_calibrated_in_its_file(command, pages, trained, tmp_path):
    before = numink.load_model(trained)
    ended = command("calibrate", trained, "--pages", 12, "--output", "made.safetensors", "--json")
    found = json.loads(ended.out)
    model = numink.load_model("made.safetensors")
    trust = trust_in(model)

    assert (ended.status, ended.err) == (0, "")
    assert [seed for _, seed in pages] == list(range(2_000_000, 2_000_012))
    assert model.theta.tobytes() == before.theta.tobytes()
    assert model.recipe.use.temperature == found["temperature"] != 1
    assert (found["model"], found["numbers"]) == ("made.safetensors", 8 * 30)  # of two pages in three
    assert 20 < found["wrong"] < 80
    assert trust.pages.accepted[-1] == 240
    assert trust.singles.accepted[-1] == 60 + 100  # strokes, and the validation images of its own data
    assert found["least_error_rate"] == trust.pages.least_rate()
    assert list(found["accepted_at"]) == ["0.002", "0.005", "0.01", "0.02", "0.05"]
    assert found["accepted_at"]["0.002"] == 0  # which 240 numbers cannot promise
    weights = dict(zip(("always", *FACTORS), trust.weights, strict=True))
    assert weights["digits"] > 0.2
    assert trust_in(numink.load_model(trained)) == trust_in(before)  # which is none


def test_in_place_and_in_words(command, pages, trained, tmp_path):
    numink.load_model(trained).save("own.safetensors")
    ended = command("calibrate", "own.safetensors", "--pages", 12, "--workers", 1)

    assert ended.status == 0
    assert ended.out.startswith("own.safetensors: temperature ")
    assert "numink read --max-error-rate may ask for" in ended.out
    assert trust_in(numink.load_model("own.safetensors")).pages is not None


def test_the_order_in_which_pages_end_does_not_matter(command, pages, trained, monkeypatch):
    from numink.understand import side_by_side as module

    backwards = module.side_by_side

    def forwards(task, jobs, processes):
        yield from reversed(list(backwards(task, jobs, processes)))

    command("calibrate", trained, "--pages", 12, "--output", "one.safetensors")
    monkeypatch.setattr(module, "side_by_side", forwards)
    command("calibrate", trained, "--pages", 12, "--output", "other.safetensors")

    one, other = (numink.load_model(f"{name}.safetensors").facts["reading"] for name in ("one", "other"))
    assert one == other


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["cnn-best"], "comes with numink and stays as it is; --output FILE"),
        (["nothing"], "there is no file or folder nothing"),
        (["cnn-tiny", "--pages", "3", "--output", "a"], "takes 10 pages or more"),
        (["cnn-tiny", "--workers", "0", "--output", "a"], "1 process or more"),
        (["cnn-tiny", "--output", "file/a"], "file is a file, and a folder"),
    ],
)
def test_what_cannot_be_gets_one_line(command, pages, arguments, says):
    Path("file").touch()
    ended = command("calibrate", *arguments)

    assert (ended.status, ended.out) == (2, "")
    assert says in ended.err
    assert ended.err.count("\n") == 1


def test_a_page_that_fails_leaves_the_model_as_it_was(command, pages, trained, monkeypatch):
    numink.load_model(trained).save("own.safetensors")
    content = Path("own.safetensors").read_bytes()
    failed = iter([(3, Failure("died", "killed by signal 9"))])
    monkeypatch.setattr("numink.understand.side_by_side.side_by_side", lambda *_: (one for one in failed))

    ended = command("calibrate", "own.safetensors", "--pages", 12)

    assert ended.status == 2
    assert "the page of seed 2000003 could not be read: killed by signal 9" in ended.err
    assert Path("own.safetensors").read_bytes() == content


def with_temperature(trained, temperature, path):
    model = numink.load_model(trained)
    use = replace(model.recipe.use, temperature=temperature)
    Model(replace(model.recipe, use=use), model.pixels, model.theta, model.facts).save(path)


def test_the_figures_before_and_after_a_temperature(command, trained):
    with_temperature(trained, 3.0, "warm.safetensors")
    plain = json.loads(command("test", trained, "--calibration", "--json").out)
    warm = json.loads(command("test", "warm.safetensors", "--calibration", "--json").out)

    assert (plain["temperature"], plain["at_temperature_1"]) == (1, None)
    assert warm["temperature"] == 3
    assert warm["at_temperature_1"] == pytest.approx({"ece": plain["ece"], "nll": plain["nll"]}, rel=1e-4)
    assert warm["nll"] != pytest.approx(plain["nll"])
    assert warm["accuracy"] == plain["accuracy"]
    assert "Without its temperature of 3 it would be off by" in command("test", "warm.safetensors", "--calibration").out


def test_the_page_of_a_calibration(command, trained):
    with_temperature(trained, 0.5, "cool.safetensors")
    for model, temperatures in ((trained, 0), ("cool.safetensors", 1)):
        ended = command("test", model, "--calibration", "--report", "page.html")
        text = Path("page.html").read_text("utf-8")

        assert (ended.status, ended.err) == (0, "Report: page.html\n")
        assert text.count("<svg") == 2 + 2 * temperatures - temperatures  # of the former state, the reliability alone
        assert text.count("What the temperature does") == temperatures
        assert "On 100 images" in text
        assert "http://" not in text.replace("http://www.w3.org", "")
    assert command("test", trained, "--report", "page.html").status == 2


def test_without_opencv_there_is_one_line(tmp_path):
    code = (
        "import sys; sys.modules['cv2'] = None; from numink.cli.main import run\n"
        "sys.exit(run(['calibrate', 'cnn-tiny', '--output', 'copy.safetensors']))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)

    assert ended.returncode == 2
    assert 'pip install "numink[read]"' in ended.stderr
    assert ended.stderr.count("\n") == 1
