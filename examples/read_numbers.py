"""Add up the numbers on a page, and name those that a person should look at first.

Run it: python examples/read_numbers.py page.jpg
"""

import sys
from decimal import Decimal

import numink


def value(text):
    """What a number as it was written stands for: "3,5" and "3.5" are the same, "1,250.00" has a mark for thousands."""
    whole, mark, fraction = text.rpartition(max(",.", key=text.rfind))
    return Decimal(f"{whole.replace(',', '').replace('.', '')}{'.' if mark else ''}{fraction}")


def add_up(reading):
    """The sum of the accepted numbers, and those that are doubtful."""
    total = sum((value(number.text) for number in reading if number.accepted), Decimal(0))
    return total, [number for number in reading if not number.accepted]


if __name__ == "__main__":
    total, doubtful = add_up(numink.read(sys.argv[1:]))
    print(f"sum of the sure numbers: {total}")
    for number in doubtful:
        x, y, width, height = number.box
        print(f"look at {x}, {y}: {number.text}? ({number.confidence:.1%} sure)")
