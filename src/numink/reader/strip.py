"""The strip of a sheet along one line: its pixels, how dark the line itself is there, and where its edges are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from numink.data.digits import Bytes
from numink.reader.rulings import Line
from numink.reader.runs import Flags

_WINDOW = 6  # heights of a digit, over which a line's darkness hardly changes and strokes on it are few
_SAMPLES = 48  # of a window, at most, that tell the line's darkness
_LIGHTER = 0.25  # so many of them are no lighter than the line: strokes and dirt only make it darker

Singles = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Strip:
    """The pixels within `reach` rows of a line, k = 2 reach + 1 of them at each of its n columns.

    rows (k, n) and columns (1, n): where they are on the sheet. away: float32 (k, n), how far below the line's middle.
    dark: uint8 (k, n), as seen.
    """

    line: Line
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    away: Singles
    dark: Bytes

    @classmethod
    def of(cls, dark: Bytes, line: Line, reach: int) -> "Strip":
        """The strip of a sheet; beyond the sheet's edge its last row goes on."""
        rows = np.round(line.middle).astype(np.intp) + np.arange(-reach, reach + 1)[:, None]
        away = (rows - line.middle).astype(np.float32)
        rows = np.clip(rows, 0, dark.shape[0] - 1)
        columns = np.arange(line.start, line.stop)[None]
        return cls(line, rows, columns, away, dark[rows, columns])

    @property
    def reach(self) -> int:
        """Rows above and below the line's middle."""
        return len(self.away) // 2

    def profiles(self, dark: Bytes, digit_px: float) -> tuple[Singles, NDArray[np.intp]]:
        """How dark the line itself is at each row, (k, windows), and the window of each column, (n,).

        It is told from the lightest places along it, since ink and dirt only darken it.
        """
        there = np.flatnonzero(self.line.drawn)
        windows = max(1, min(len(there) // 16, round(len(there) / (_WINDOW * digit_px))))
        samples = min(_SAMPLES, len(there) // windows)
        x = there[np.linspace(0, len(there) - 1, windows * samples).round().astype(np.intp)]
        across = self.line.middle[x] + np.arange(-self.reach, self.reach + 1, dtype=np.float32)[:, None]
        low, along = np.floor(across).astype(np.intp), x + self.line.start
        last = dark.shape[0] - 1
        share = across - low
        seen = dark[low.clip(0, last), along] * (1 - share) + dark[(low + 1).clip(0, last), along] * share
        place = int(_LIGHTER * (samples - 1))
        levels = np.partition(seen.reshape(len(across), windows, samples), place, axis=2)[..., place]
        window = np.minimum(np.cumsum(self.line.drawn) * windows // (len(there) + 1), windows - 1)
        return levels.astype(np.float32), window

    def own(self, profiles: Singles, window: NDArray[np.intp], at: NDArray[np.intp]) -> Singles:
        """How dark the line itself is at all rows of some columns: float32 (k, len(at))."""
        places = self.away[:, at] + self.reach
        low = np.clip(np.floor(places).astype(np.intp), 0, 2 * self.reach - 1)
        share = places - low
        return profiles[low, window[at]] * (1 - share) + profiles[low + 1, window[at]] * share

    def edges(self, peak: Singles, least: float) -> tuple[Singles, Singles, Flags]:
        """Where the line begins and ends at each column, (n,) against its middle, and at which it is all there is.

        peak: how dark the line itself is at most, (n,). Where strokes cross it or run along it, its edges are drawn on
        from where it is alone.
        """
        half = self.line.width_px / 2
        inked = self.dark > 0.5 * least
        up = np.logical_and.accumulate(inked[self.reach :: -1]).sum(axis=0)
        down = np.logical_and.accumulate(inked[self.reach :]).sum(axis=0)
        shift = self.away[self.reach]
        first, last = shift - np.maximum(up - 1, 0) - 0.5, shift + np.maximum(down - 1, 0) + 0.5
        furthest = 1.6 * half + 2  # lines by hand stray
        alone = (first > -furthest) & (last < furthest) & (up > 0) & self.line.drawn
        core = self.dark[max(0, self.reach - int(2 * half)) : self.reach + int(2 * half) + 1]
        alone &= core.max(axis=0) <= 1.4 * peak + least
        lone = np.flatnonzero(alone)
        if len(lone) < 2:
            return np.full_like(peak, -half - 1), np.full_like(peak, half + 1), np.zeros_like(alone)
        everywhere = np.arange(len(peak))
        top, bottom = (np.interp(everywhere, lone, edge[lone]).astype(np.float32) for edge in (first, last))
        return top, bottom, alone
