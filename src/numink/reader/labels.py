"""Where readings are written beside their numbers: on bare paper, near by, and over nothing that was found."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes

Rectangle = tuple[float, float, float, float]
"""left, top, right, bottom"""
Floats = NDArray[np.float64]

SIDES = ((0.0, 0.0, -1), (0.1, 1, 0), (0.2, -1, -1), (0.2, 1, -1), (0.3, -1, 0), (0.5, 0, 1), (0.6, -1, 1), (0.6, 1, 1))
"""What it costs, in shares of a text's area, to stand to the left (-1) or right (1) and above (-1) or below (1)."""
AWAY, AWAY_COST = (0.0, 0.7, 1.6, 3.0), 0.25
"""Distances, in heights of the text, and what each height costs."""
INK_COST, FOUND_COST, BEYOND_COST = 4.0, 2.0, 6.0
"""What a text costs that covers nothing but ink, other findings and texts, or stands beyond the picture."""
FINEST_PX, GROUND = 4, 21
"""A text's height on the map of the ink, and the side of the squares whose median is the ground there."""
CLOSE = 0.3
"""Heights of a text between it and what was found."""


class Paper:
    """How much ink, or anything else that stands out from its ground, there is in each part of a picture.

    grey: uint8 (height, width). boxes: of the numbers, whose ink says how dark ink is here. text_px: of a text.
    """

    def __init__(self, grey: Bytes, boxes: Sequence[Rectangle], text_px: float) -> None:
        self.scale = min(1.0, FINEST_PX / text_px)
        size = [max(1, round(side * self.scale)) for side in grey.shape[::-1]]
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        stands_out = cv2.absdiff(small, cv2.medianBlur(small, GROUND)).astype(np.float32)
        parts = [stands_out[self._part(box)] for box in boxes]
        strong = [float(part.max()) for part in parts if part.size]
        ink = np.clip(stands_out / max(np.median(strong) if strong else 255, 1.0), 0, 1)
        self.sums = cv2.integral(ink)

    def _part(self, box: Rectangle) -> tuple[slice, slice]:
        left, top, right, bottom = (max(0, round(side * self.scale)) for side in box)
        return slice(top, bottom), slice(left, right)

    def ink(self, rooms: Floats) -> Floats:
        """The share of each rectangle (n, 4) that is ink, 0 to 1."""
        height, width = self.sums.shape
        places = np.round(rooms * self.scale).astype(int)
        left, right = places[:, [0, 2]].clip(0, width - 1).T
        top, bottom = places[:, [1, 3]].clip(0, height - 1).T
        total = self.sums[bottom, right] - self.sums[bottom, left] - self.sums[top, right] + self.sums[top, left]
        return np.asarray(total / np.maximum((right - left) * (bottom - top), 1), float)


def placed(
    places: Sequence[Rectangle],
    sizes: Sequence[tuple[float, float]],
    others: Sequence[Rectangle],
    paper: Paper,
    size: tuple[int, int],
) -> tuple[list[Rectangle], float]:
    """A rectangle of its size (width, height) for the text of each place, near it and inside the picture; and how much
    of all of them covers ink, or other findings and texts: 0 where none does.

    others: what was found beside the places. size: width and height of the picture. What is placed first is in the way
    of what comes later.
    """
    room_px = CLOSE * np.median([height for _, height in sizes] or [0])
    taken = np.array([*places, *others], float).reshape(-1, 4) + room_px * np.array([-1, -1, 1, 1])
    found: list[Rectangle] = []
    hidden = 0.0
    for place, (width, height) in zip(places, sizes, strict=True):
        area = width * height
        costs, rooms = _rooms(place, width, height)
        beyond = 1 - _shared(rooms, np.array([(0, 0, *size)], float))[:, 0] / area
        ink, covered = paper.ink(rooms), _shared(rooms, taken).sum(axis=1) / area
        best = int(np.argmin(costs + INK_COST * ink + FOUND_COST * covered + BEYOND_COST * beyond))
        left, top = rooms[best, :2].tolist()
        left, top = max(0.0, min(left, size[0] - width)), max(0.0, min(top, size[1] - height))
        found.append((left, top, left + width, top + height))
        taken = np.concatenate([taken, [found[-1]]])
        hidden += float(ink[best] + covered[best]) / len(places)
    return found, hidden


def leader(place: Rectangle, text: Rectangle) -> tuple[float, float, float, float] | None:
    """The line from a text to its place (x, y, to_x, to_y) where it stands apart from it; None where it is close."""
    ends = []
    for axis in (0, 1):
        low, high = max(place[axis], text[axis]), min(place[axis + 2], text[axis + 2])
        if low <= high:  # beside each other: straight across
            ends.append(((low + high) / 2, (low + high) / 2))
        else:
            ends.append((high, low) if text[axis] < place[axis] else (low, high))
    (x, to_x), (y, to_y) = ends
    apart = max(abs(to_x - x), abs(to_y - y))
    return (x, y, to_x, to_y) if apart > 0.5 * (text[3] - text[1]) else None


def _rooms(place: Rectangle, width: float, height: float) -> tuple[Floats, Floats]:
    """What each room near a place costs (n,), and the rooms (n, 4)."""
    left, top, right, bottom = place
    middle_x, middle_y = (left + right - width) / 2, (top + bottom - height) / 2
    costs, rooms = [], []
    for away in AWAY:
        gap = (CLOSE + away) * height
        for cost, aside, down in SIDES:
            if down and not away:  # flush with an end of it
                x = (middle_x, right - width, left)[int(aside)]
            else:
                x = (middle_x, right + gap, left - gap - width)[int(aside)]
            y = (middle_y, bottom + gap, top - gap - height)[down]
            costs.append(cost + AWAY_COST * away)
            rooms.append((x, y, x + width, y + height))
    return np.array(costs), np.array(rooms)


def _shared(rooms: Floats, taken: Floats) -> Floats:
    """The area that each room (n, 4) shares with each of what is taken (m, 4): (n, m)."""
    low = np.maximum(rooms[:, None, :2], taken[:, :2])
    high = np.minimum(rooms[:, None, 2:], taken[:, 2:])
    return np.asarray((high - low).clip(0).prod(axis=2))
