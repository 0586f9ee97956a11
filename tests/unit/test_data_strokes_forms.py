import re
from itertools import pairwise

import numpy as np
import pytest

from numink.data.strokes import FORMS, Form, form_named
from numink.data.strokes.curves import SPACING
from numink.errors import DataError

ALL = [pytest.param(form, id=f"{form.shows} {form.name}") for forms in FORMS.values() for form in forms]


def paths(form):
    """The careful, the hasty and the mouse's path of a form as it stands in the text."""
    curves = form.curves
    return [matrix @ curves.points for matrix in (curves.sharp, curves.smooth, curves.polygon)]


def from_lines(points, *lines):
    """How far each point is from the nearest of straight lines, each given as two points."""
    distances = []
    for start, stop in np.array(lines):
        along = np.clip((points - start) @ (stop - start) / ((stop - start) @ (stop - start)), 0, 1)
        distances.append(np.linalg.norm(points - start - along[:, None] * (stop - start), axis=1))
    return np.min(distances, axis=0)


def test_a_straight_stroke_is_drawn_in_even_steps():
    careful, hasty, mouse = paths(Form("1", "bar", "30,0 30,100"))
    assert len(careful) == round(1 / SPACING) + 1
    expected = np.stack([np.full(len(careful), 0.3), np.linspace(0, 1, len(careful))], axis=1)
    np.testing.assert_allclose(careful, expected, atol=1e-6)
    np.testing.assert_allclose(mouse, expected, atol=1e-6)
    np.testing.assert_allclose(hasty, expected, atol=0.01)


def test_a_corner_is_sharp_for_the_careful_and_round_for_the_hasty():
    legs = ((0, 0), (0.5, 0)), ((0.5, 0), (0.5, 1))
    careful, hasty, _ = paths(Form("7", "corner", "0,0 50,0! 50,100"))
    np.testing.assert_allclose(from_lines(careful, *legs), 0, atol=SPACING / 2)
    assert np.linalg.norm(careful - [0.5, 0], axis=1).min() < SPACING
    assert 0.01 < np.linalg.norm(hasty - [0.5, 0], axis=1).min() < 0.1


def test_without_a_corner_the_pen_curves_through_the_point():
    careful, *_ = paths(Form("7", "arc", "0,0 50,0 50,100"))
    assert np.linalg.norm(careful - [0.5, 0], axis=1).min() < SPACING
    assert from_lines(careful, ((0, 0), (0.5, 0)), ((0.5, 0), (0.5, 1))).max() > 0.04


def test_points_on_an_arc_give_an_arc():
    careful, *_ = paths(Form("3", "half a circle", "0,0 35,15 50,50 35,85 0,100"))
    np.testing.assert_allclose(np.linalg.norm(careful - [0, 0.5], axis=1), 0.5, rtol=0.04)


def test_a_mouse_draws_straight_pieces():
    form = Form("0", "circle", "50,0 0,50 50,100 100,50 50,0")
    turns = [np.abs(np.diff(np.diff(path, axis=0), axis=0)).max(axis=1) > 3e-4 for path in paths(form)]
    assert turns[0].mean() > 0.5
    assert turns[2].mean() < 0.5


def test_what_is_known_of_a_path():
    curves = Form("7", "two strokes", "0,0 60,0! 60,100 / 20,80 20,50").curves
    lift = np.flatnonzero(~curves.joined)
    assert curves.joined.dtype == bool
    assert lift[-1] == len(curves.joined) - 1
    first, second = slice(0, lift[0] + 1), slice(lift[0] + 1, None)
    assert (curves.sharp @ curves.points)[second][0] == pytest.approx([0.2, 0.8])
    assert curves.end[first].max() == pytest.approx(0.8, abs=SPACING)
    assert curves.end[second].max() == pytest.approx(0.15, abs=SPACING)
    assert (curves.end[[0, lift[0], lift[0] + 1, -1]] < 1e-6).all()
    np.testing.assert_allclose(curves.down[5:20], 0, atol=0.01)  # to the right
    np.testing.assert_allclose(curves.down[lift[0] - 20 : lift[0]], 1, atol=0.01)  # down
    np.testing.assert_allclose(curves.down[second][:-1], -1, atol=0.01)  # up
    bends = np.flatnonzero(curves.bend > 0.5)
    assert abs(bends - 0.6 / SPACING).max() < 3  # at the corner, and not where the pen is lifted
    assert curves.ends.tolist() == [0, 3, 2, 4]
    assert curves.inner.tolist() == [1, 4, 1, 3]


def test_errors_are_alike_for_neighbours_and_of_the_same_size():
    curves = Form("0", "line", "0,0 0,20 0,200 / 5,200 100,200").curves
    np.testing.assert_allclose(np.linalg.norm(curves.near, axis=1), 1, rtol=1e-5)
    alike = curves.near @ curves.near.T
    assert alike[0, 1] > 0.8
    assert alike[0, 2] < 0.01
    assert alike[2, 3] > 0.9  # another stroke, but beside it


def test_the_ends_of_a_circle_err_apart():
    curves = Form("0", "circle", "50,0 0,50 50,100 100,50 50,0").curves
    assert (curves.near @ curves.near.T)[0, 4] < 0.01


@pytest.mark.parametrize("form", ALL)
def test_every_letterform_goes_through_its_points(form):
    curves = form.curves
    for matrix in (curves.sharp, curves.smooth, curves.polygon):
        assert matrix.shape == (len(curves.joined), len(curves.points))
        np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-5)  # so that a digit can be moved by its points
    careful, hasty, mouse = paths(form)
    distances = np.linalg.norm(curves.points[:, None] - careful, axis=2)
    assert distances.min(axis=1).max() < SPACING
    assert np.abs(hasty - careful).max() < 0.08
    assert np.linalg.norm(mouse[:, None] - careful, axis=2).min(axis=1).max() < 0.06
    steps = np.linalg.norm(np.diff(careful, axis=0), axis=1)[curves.joined[:-1]]
    assert steps.max() < 1.2 * SPACING


@pytest.mark.parametrize("form", ALL)
def test_every_letterform_is_as_high_as_a_digit(form):
    low, high = paths(form)[0].min(axis=0), paths(form)[0].max(axis=0)
    assert low[1] == pytest.approx(0.02, abs=0.04)
    assert high[1] == pytest.approx(0.98, abs=0.04)
    assert -0.06 < low[0] < high[0] < 1


@pytest.mark.parametrize(
    ("digit", "names"),
    [
        ("0", {"plain", "slanted", "slashed"}),
        ("1", {"bar", "upstroke", "base"}),
        ("2", {"looped", "flat foot", "curved foot"}),
        ("3", {"round", "flat-topped"}),
        ("4", {"open", "closed", "crossed low"}),
        ("5", {"in one stroke", "in two strokes", "flag detached"}),
        ("6", {"straight", "curled"}),
        ("7", {"plain", "crossed", "hooked"}),
        ("8", {"in one stroke", "of two circles", "open at the top"}),
        ("9", {"straight", "curled", "with a foot"}),
    ],
)
def test_people_everywhere_find_their_digits(digit, names):
    forms = FORMS[digit]
    assert names <= {form.name for form in forms}
    assert len({form.name for form in forms}) == len(forms)
    assert all(form.shows == digit and form.share > 0 for form in forms)


def test_no_form_stands_there_twice():
    texts = sorted(form.strokes for forms in FORMS.values() for form in forms)
    assert all(one != other for one, other in pairwise(texts))


@pytest.mark.parametrize(
    "strokes",
    ["", "5,5", "5,5 5,5", "5,5 5,5!", "5 6", "1.5,2 3,4", "a,b c,d", "1,2 3,4 /", "1,2 3,4 / 5,6", "1,2 3,4/5,6 7,8",
     "1000,0 0,0", "1,2, 3,4"],
)  # fmt: skip
def test_says_what_is_no_form(strokes):
    with pytest.raises(DataError, match=r'the form "odd" has a stroke ".*": expected two points or more') as caught:
        Form("7", "odd", strokes)
    assert "\n" not in str(caught.value)


def test_a_form_is_found_by_its_name():
    assert form_named("7", "crossed").strokes.count("/") == 1
    with pytest.raises(DataError, match=r'there is no form of 7 "crosed"; did you mean "crossed"\?'):
        form_named("7", "crosed")
    with pytest.raises(DataError, match='there is no form of 1 "vertical"; known are bar, '):
        form_named("1", "vertical")


@pytest.mark.parametrize("digit", ["x", "", "12", 7, None, ["7"]])
def test_a_form_of_what_is_no_digit_is_refused(digit):
    with pytest.raises(DataError, match=f'expected a digit from "0" to "9", came {re.escape(repr(digit))}$'):
        form_named(digit, "plain")
