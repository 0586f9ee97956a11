"""What each wear does to a picture so small, or so plain, that the answer can be worked out by hand."""

import numpy as np
import pytest

from fixed_random import Fixed
from numink.data import wear


def picture(*rows):
    """One image in a batch, a digit for each pixel, 0 paper to 9 ink."""
    return np.array([[list(row) for row in rows]], np.float32)


def blank(side_px=28):
    return np.zeros((1, side_px, side_px), np.float32)


def bar(thick_px, side_px=28):
    """An upright stroke of full ink, from the fifth row to the fifth from below."""
    images = blank(side_px)
    images[:, 4 : side_px - 4, 12 : 12 + thick_px] = 255
    return images


class TestStroke:
    def test_thicker_by_a_whole_ring(self):
        thicker = wear.stroke(picture("00000", "00000", "00900", "00000", "00000"), Fixed(1), 1)
        np.testing.assert_array_equal(thicker, picture("00000", "00900", "09990", "00900", "00000"))

    def test_thicker_by_a_third_of_a_ring(self):
        thicker = wear.stroke(picture("00000", "00000", "00900", "00000", "00000"), Fixed(1), 1 / 3)
        np.testing.assert_allclose(thicker, picture("00000", "00300", "03930", "00300", "00000"), rtol=1e-6)

    def test_thinner_by_a_whole_ring(self):
        thinner = wear.stroke(picture("00000", "09990", "09990", "09990", "00000"), Fixed(0), 1)
        np.testing.assert_array_equal(thinner, picture("00000", "09090", "00900", "09090", "00000"))

    def test_a_stroke_of_three_pixels_becomes_one(self):
        np.testing.assert_array_equal(wear.stroke(bar(3), Fixed(0), 1)[0, 14, 11:16], [0, 0, 255, 0, 0])

    @pytest.mark.parametrize("thick_px", [1, 2])
    def test_a_thin_stroke_stays(self, thick_px):
        np.testing.assert_array_equal(wear.stroke(bar(thick_px), Fixed(0), 1), bar(thick_px))

    def test_ink_at_the_edge_grows_to_neither_the_other_side_nor_the_next_image(self):
        corner = np.concatenate([picture("009", "000", "000"), picture("000", "000", "000")])
        thicker = wear.stroke(corner, Fixed(1), 1)
        np.testing.assert_array_equal(thicker, [*picture("099", "009", "000"), *picture("000", "000", "000")])

    def test_half_of_the_images_become_thicker(self):
        ink = wear.stroke(np.repeat(bar(4), 2000, axis=0), np.random.default_rng(0), 1).sum(axis=(1, 2))
        assert 0.45 < (ink > bar(4).sum()).mean() < 0.55


class TestBlur:
    def test_neighbours_are_as_a_gaussian_says(self):
        point = blank(31)
        point[0, 15, 15] = 100
        blurred = wear.blur(point, Fixed(1), 1.5)[0]
        np.testing.assert_allclose(blurred[15, 16] / blurred[15, 15], np.exp(-1 / 4.5), rtol=1e-5)
        np.testing.assert_allclose(blurred[17, 14] / blurred[15, 15], np.exp(-5 / 4.5), rtol=1e-5)
        np.testing.assert_allclose(blurred.sum(), 100, rtol=1e-5)

    def test_half_the_way_is_half_the_deviation(self):
        np.testing.assert_array_equal(wear.blur(bar(3), Fixed(0.5), 2), wear.blur(bar(3), Fixed(1), 1))

    @pytest.mark.parametrize("deviation_px", [0, 0.1, 2])
    def test_what_is_even_stays(self, deviation_px):
        np.testing.assert_allclose(wear.blur(blank() + 200, Fixed(1), deviation_px), 200, rtol=1e-6)


class TestNoise:
    def test_all_of_the_deviation(self):
        np.testing.assert_array_equal(wear.noise(bar(3), Fixed(1, normal=-2), 15), bar(3) - 30)

    def test_is_as_strong_as_it_says(self):
        grain = wear.noise(np.zeros((4000, 8, 8), np.float32), np.random.default_rng(0), 30)
        # The mean square of a number that is uniform from 0 to 30 is 300
        assert abs(grain.mean()) < 0.2
        assert 290 < grain.var() < 310


class TestContrast:
    GREYS = np.array([[[0, 51], [102, 255]]], np.float32)

    def test_paler_ink_and_a_curve_that_darkens(self):
        # 0.2 + 0.5 0.2 0.8 = 0.28 and 0.4 + 0.5 0.4 0.6 = 0.52, of which one half is left
        paler = wear.contrast(self.GREYS.copy(), Fixed(1), 0.5)
        np.testing.assert_allclose(paler, [[[0, 0.14 * 255], [0.26 * 255, 127.5]]], rtol=1e-6)

    def test_ink_as_it_was_and_a_curve_that_brightens(self):
        # 0.2 - 0.5 0.2 0.8 = 0.12 and 0.4 - 0.5 0.4 0.6 = 0.28
        brighter = wear.contrast(self.GREYS.copy(), Fixed(0), 0.5)
        np.testing.assert_allclose(brighter, [[[0, 0.12 * 255], [0.28 * 255, 255]]], rtol=1e-6)


class TestLowResolution:
    def test_half_the_side(self):
        # 8 8 0 0 becomes 8 0, and long again 8, 3/4 8 + 1/4 0, 1/4 8 + 3/4 0, 0
        coarse = wear.low_resolution(picture("8800", "8800", "8800", "8800"), Fixed(0), 2)
        np.testing.assert_allclose(coarse, picture("8620", "8620", "8620", "8620"), atol=1e-6)

    def test_a_pixel_that_is_cut_goes_to_both_sides(self):
        # 6 3 0: the first half of the side holds 6 and half of the 3, the second half of the 3
        coarse = wear.low_resolution(picture("630", "630", "630"), Fixed(0), 2)
        np.testing.assert_allclose(coarse, picture("531", "531", "531"), atol=1e-6)

    @pytest.mark.parametrize("share", [0, 0.5, 1])
    def test_the_whole_side_changes_nothing(self, share):
        np.testing.assert_array_equal(wear.low_resolution(bar(3), Fixed(share), 28), bar(3))

    def test_all_sides_are_drawn(self):
        coarse = wear.low_resolution(np.repeat(bar(2), 3000, axis=0), np.random.default_rng(0), 26)
        unchanged = (coarse == bar(2)).all(axis=(1, 2)).mean()
        assert len({image.tobytes() for image in coarse}) == 3
        assert 0.3 < unchanged < 0.37


class TestBreak:
    def test_a_gap_across_the_middle_of_a_stroke(self):
        # 30 of the 60 pixels come before row 14, where a gap of 1.25 px leaves 7/8 of the ink in the rows beside it
        broken = wear.break_strokes(bar(3), Fixed(0.5), 1)
        gap = bar(3)
        gap[0, 14] = 0
        gap[0, [13, 15]] *= 7 / 8
        np.testing.assert_allclose(broken, gap, rtol=1e-5)

    def test_a_gap_lies_across_a_stroke_of_any_direction(self):
        lying = bar(3).transpose(0, 2, 1).copy()
        np.testing.assert_allclose(
            wear.break_strokes(lying, Fixed(0.5), 1).sum(),
            wear.break_strokes(bar(3), Fixed(0.5), 1).sum(),
            rtol=1e-5,
        )
        y, x = np.mgrid[:28, :28]
        slanted = (np.abs(x - y) < 3).astype(np.float32)[None]
        near_a_gap = wear.break_strokes(slanted, Fixed(0.5), 1)[0, 10:18, 10:18]
        lost = (np.abs(x - y) < 3)[10:18, 10:18] - near_a_gap
        # The gap lies along the other diagonal: what is lost has the same x + y, and any x - y
        y, x = np.nonzero(lost > 0.5)
        assert np.ptp(x + y) < np.ptp(x - y)

    def test_the_direction_of_a_stroke_is_the_same_at_its_corner(self):
        y, x = wear._offsets(bar(4), np.full((1, 1, 1), 4), np.full((1, 1, 1), 12))
        np.testing.assert_allclose(np.abs(wear._stroke_angles(bar(4), y, x)), np.pi / 2, atol=1e-3)

    def test_so_many_gaps_at_most_and_each_number_as_often(self):
        images = np.repeat(bar(1, side_px=40), 3000, axis=0)
        rows = wear.break_strokes(images, np.random.default_rng(0), 2)[:, 4:-4, 12] < 128
        gaps = rows[:, 0].astype(int) + (np.diff(rows.astype(int), axis=1) > 0).sum(axis=1)
        assert gaps.max() == 2
        # Narrow gaps leave more than half of a pixel, and two may meet: fewer are seen than there are
        assert 0.3 < (gaps == 0).mean() < 0.55
        assert (gaps == 2).mean() > 0.1


class TestErase:
    def test_ink_fades_around_a_point_of_the_ink(self):
        erased = wear.erase(bar(3), Fixed(0.5), 0.8)[0]
        # From the first column of the bar's middle row, by 0.4 there, and by a Gaussian of 2.75 px beyond
        np.testing.assert_allclose(erased[14, 12], 255 * 0.6, rtol=1e-5)
        np.testing.assert_allclose(erased[17, 14], 255 * (1 - 0.4 * np.exp(-13 / 2 / 2.75**2)), rtol=1e-5)

    def test_points_are_the_likelier_the_darker_they_are(self):
        two = np.zeros((3000, 9, 9), np.float32)
        two[:, 0, 0], two[:, 8, 8] = 60, 180
        erased = wear.erase(two, np.random.default_rng(0), 1)
        assert 0.22 < (erased[:, 0, 0] / 60 < erased[:, 8, 8] / 180).mean() < 0.28


class TestMarks:
    def test_a_ruling_beside_the_first_edge(self):
        # Share 0: a ruling at depth 0, 1 px wide, leaning by 1/20 from the left edge's first pixel, of ink 80
        mark = wear.marks(blank(), Ruling(), 1)[0]
        np.testing.assert_allclose(mark[0, :3], [80, 0, 0], atol=0.2)
        np.testing.assert_allclose(mark[10, :3], [80 * 0.5, 80 * 0.5, 0], atol=0.2)

    def test_they_keep_away_from_the_middle(self):
        marked = wear.marks(np.zeros((5000, 28, 28), np.float32), np.random.default_rng(0), 5)
        assert not marked[:, 7:-7, 7:-7].any()
        assert 0.1 < (~marked.any(axis=(1, 2))).mean() < 0.25  # no mark is as likely as each of one to five

    def test_they_come_from_every_edge_alike(self):
        marked = wear.marks(np.zeros((5000, 28, 28), np.float32), np.random.default_rng(0), 1)
        edges = (marked[:, 0], marked[:, -1], marked[:, :, 0], marked[:, :, -1])
        ink = np.array([edge.sum(axis=1) for edge in edges])
        shares = np.bincount(ink.argmax(axis=0)[ink.any(axis=0)], minlength=4) / 2500
        assert (np.abs(shares - 0.25) < 0.05).all()

    def test_ink_stays_below_them(self):
        marked = wear.marks(np.repeat(bar(3), 500, axis=0), np.random.default_rng(0), 5)
        assert (marked >= bar(3)).all()


class Ruling(Fixed):
    """Has one mark drawn, and everything about it at its least."""

    def __init__(self):
        super().__init__(0)
        self.first = True

    def random(self, shape, dtype=np.float64):
        share, self.first = (0.9 if self.first else 0), False
        return np.full(shape, share, dtype)
