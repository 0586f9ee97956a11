"""examples/read_numbers.py adds up what was read."""

import importlib.util
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

import fake_reading

SCRIPT = Path(__file__).parents[2] / "examples" / "read_numbers.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("read_numbers", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", "12"), ("-6", "-6"), ("+3.5", "3.5"), ("3,5", "3.5"), ("1,250.00", "1250.00"), ("1.250,00", "1250.00")],
)
def test_numbers_as_they_are_written(example, text, value):
    assert example.value(text) == Decimal(value)


def test_doubtful_numbers_are_not_added_up(example):
    total, doubtful = example.add_up(fake_reading.reading())

    assert total == 12
    assert [number.text for number in doubtful] == ["7"]
