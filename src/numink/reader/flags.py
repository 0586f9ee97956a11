"""The bar of a 5 that was written last, and stands apart: it belongs to its digit, however far it reaches."""

from collections.abc import Sequence
from dataclasses import replace

from numink.reader.candidates import Classify, classified
from numink.reader.clusters import Found, Item
from numink.reader.shapes import Shape, join

WITHOUT = ("5", "7")
"""What a 5 without its bar reads as."""


def with_flags(found: Found, classify: Classify) -> Found:
    """What there is on a page, each bar that begins at the upper right of a 5 joined to it.

    What reads as a 7 without such a bar must be a 5 with it.
    """
    flags = {n: bit for n, item in enumerate(found.items) if (bit := _flag_of(item, found.bits))}
    whole = {n: join([found.items[n].shape, bit]) for n, bit in flags.items()}
    items = list(found.items)
    gone: set[int] = set()
    for n, candidate in zip(whole, classified(list(whole.values()), classify), strict=True):
        if candidate.is_digit and candidate.digit == "5":
            items[n] = replace(items[n], shape=whole[n], candidate=candidate)
        elif items[n].digit == "5":  # so far from its bar that they are none together
            items[n] = replace(items[n], shape=whole[n])
        else:
            continue
        gone.add(id(flags[n]))
    return Found(items, found.pluses, [bit for bit in found.bits if id(bit) not in gone])


def _flag_of(item: Item, bits: Sequence[Shape]) -> Shape | None:
    """The bar among the bits that begins at the upper right of a digit, if that may be a 5."""
    if item.digit not in WITHOUT:
        return None
    five, height_px = item.shape, item.height_px
    for bit in bits:
        level = bit.width > 1.5 * bit.height and bit.width > 0.2 * height_px
        above = -0.6 * height_px < bit.y - five.y and bit.bottom < five.y + 0.45 * five.height
        begins = five.x + 0.2 * five.width < bit.x < five.right + 0.2 * height_px
        if level and above and begins:
            return bit
    return None
