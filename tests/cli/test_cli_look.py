"""`numink recipes`, `numink data`, `numink check-gradients`: commands that train nothing."""

import json
import tomllib

import numpy as np
import pytest
from PIL import Image

from numink import recipe
from numink.nn.layers import Dense


def test_recipes_are_listed(command):
    ended = command("recipes")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[0].split() == ["recipe", "about"]
    assert {line.split()[0] for line in ended.out.splitlines() if line[0] != " "} == {"recipe", *recipe.names()}
    listed = json.loads(command("recipes", "--json").out)["recipes"]
    assert [entry["name"] for entry in listed] == recipe.names()
    assert all(entry["about"] for entry in listed)


@pytest.mark.parametrize("name", recipe.names())
def test_a_recipe_is_printed_whole_and_can_be_used(command, tmp_path, name):
    ended = command("recipes", name)
    (tmp_path / f"{name}.toml").write_text(ended.out)

    assert ended.out.startswith("# ")
    assert recipe.load(tmp_path / f"{name}.toml") == recipe.load(name)
    assert json.loads(command("recipes", name, "--json").out) == {"name": name, **tomllib.loads(ended.out)}


def test_a_recipe_of_ones_own_is_completed(command, tmp_path):
    (tmp_path / "mine.toml").write_text("[train]\nepochs = 7\n")

    assert "epochs = 7\n" in command("recipes", "mine.toml").out
    assert 'optimizer = "adam"\n' in command("recipes", "mine.toml").out
    assert 'did you mean "small-10"?' in command("recipes", "smal-10").message


def test_data_info(command, few_digits, tmp_path):
    ended = command("data", "info", few_digits, "--picture", "sheet.png")
    lines = ended.out.splitlines()

    assert ended.status == 0
    assert lines[0].split() == ["digit", "train", "test"]
    assert lines[8].split() == ["7", "60", "10"]
    assert lines[11].split() == ["all", "600", "100"]
    assert "█" in ended.out
    with Image.open(tmp_path / "sheet.png") as picture:
        assert picture.width > 10 * 28
    described = json.loads(command("data", "info", few_digits, "--json").out)
    assert described["parts"]["train"]["classes"] == [60] * 10


def test_data_info_without_labels(command, tmp_path):
    np.savez(tmp_path / "bare.npz", images=np.full((3, 28, 28), 255, np.uint8))
    ended = command("data", "info", "bare.npz")

    assert ended.status in (0, 2)
    assert "Traceback" not in ended.err


def test_data_fetch_where_it_is_already(command, monkeypatch, tmp_path, few_digits):
    """Nothing is fetched: the fewer digits do not pass for MNIST, so that their name is not taken for it either."""
    monkeypatch.setattr("numink.data.mnist.find_mnist", lambda: few_digits)

    assert command("data", "fetch") == (0, f"600 + 100 images in {few_digits}\n", "")


def test_check_gradients(command):
    ended = command("check-gradients")

    assert (ended.status, ended.err) == (0, "")
    assert "WRONG" not in ended.out
    assert ended.out.splitlines()[-1].startswith("All ")


def test_check_gradients_finds_a_layer_that_is_wrong(command, monkeypatch):
    """A dense layer that forgets its bias on the way back."""
    right = Dense.forward

    def forward(self, X, p, work):
        Z, back = right(self, X, p, work)

        def backward(dZ, g, want_dX=True):
            dX = back(dZ, g, want_dX)
            g.b[:] = 0
            return dX

        return Z, backward

    monkeypatch.setattr(Dense, "forward", forward)
    ended = command("check-gradients")

    assert ended.status == 1
    assert "WRONG" in ended.out
    assert "gradients are wrong: dense" in ended.out
