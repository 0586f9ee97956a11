"""What holds for any ink: pieces are all of it, rows do not depend on order, and shares are probabilities."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from numink.reader.cuts import cut
from numink.reader.lattice import Piece, best_way, spans
from numink.reader.rows import find_rows
from numink.reader.shapes import find_shapes, join
from tests.fake_candidates import candidate, shape_of


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-0.6, 0.6), st.floats(1, 30))
def test_the_pieces_of_a_cut_are_all_of_its_ink_and_share_none(seed, slant, most_px):
    rng = np.random.default_rng(seed)
    ink = np.zeros((int(rng.integers(12, 80)), int(rng.integers(12, 160))), np.uint8)
    for _ in range(6):
        x, y = rng.integers(0, ink.shape[1] - 4), rng.integers(0, ink.shape[0] - 4)
        ink[y : y + int(rng.integers(3, 40)), x : x + int(rng.integers(3, 40))] = 255
    for shape in find_shapes(ink, 4):
        pieces = cut(shape, most_px, slant)
        assert np.array_equal(join(pieces).coverage, shape.coverage)
        assert sum(int((piece.coverage > 0).sum()) for piece in pieces) == int((shape.coverage > 0).sum())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_rows_do_not_depend_on_the_order_of_boxes(seed):
    rng = np.random.default_rng(seed)
    boxes = [
        (40 * n + int(rng.integers(9)), 90 * row + int(rng.integers(9)), 20, 30) for row in range(4) for n in range(6)
    ]
    order = rng.permutation(len(boxes))

    rows = find_rows([boxes[n] for n in order], np.full(len(boxes), 30.0))

    assert [[int(order[n]) for n in row] for row in rows] == [list(range(6 * row, 6 * row + 6)) for row in range(4)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6), st.integers(0, 10_000))
def test_a_way_goes_through_all_pieces_and_its_share_is_a_probability(parts, seed):
    rng = np.random.default_rng(seed)
    components = np.cumsum([step > 0 for step, _ in parts])
    pieces = [
        Piece(shape_of((16 * n, 0, 14, 30)), int(component), bit and n > 0)
        for n, ((_, bit), component) in enumerate(zip(parts, components, strict=True))
    ]
    asked = [(n, n + 1) for n, piece in enumerate(pieces) if not piece.bit] + spans(pieces, set(), 30)
    candidates = {span: candidate(int(rng.integers(10)), rng.uniform(0.1, 1)) for span in asked}

    way, share, *_ = best_way(pieces, candidates, 30)

    assert [slot.span[0] for slot in way] + [len(pieces)] == [0] + [slot.span[1] for slot in way]
    assert 0 < share <= 1 + 1e-9
