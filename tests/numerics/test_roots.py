import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridscan.errors import EvaluationError
from gridscan.numerics.roots import bracketed_roots


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=20))
def test_roots_of_many_functions_are_those_of_each(targets):
    wanted = np.array(targets)
    found = bracketed_roots(lambda x: np.expm1(x) - wanted, 0.0, np.full(wanted.shape, 20.0))
    np.testing.assert_allclose(found, np.log1p(wanted), rtol=1e-13)
    alone = bracketed_roots(lambda x: np.expm1(x) - wanted[0], 0.0, 20.0)
    assert float(alone) == pytest.approx(float(found[0]), rel=1e-13)


def test_a_jump_and_a_flat_root_are_closed_in_on():
    jump = bracketed_roots(lambda x: np.where(x < 0.3, -1.0, 1e-9), 0.0, 3.0)
    assert float(jump) == pytest.approx(0.3, rel=1e-13)
    flat = bracketed_roots(lambda x: (x - 1.0) ** 9, np.array([-5.0, 0.0]), 3.0)
    np.testing.assert_allclose(flat, 1.0, rtol=1e-2)


def test_a_root_at_an_end_is_found_whichever_end():
    np.testing.assert_array_equal(bracketed_roots(lambda x: x - 1.0, np.array([1.0, 0.0]), np.array([2.0, 1.0])), 1.0)


def test_the_direction_of_the_bracket_does_not_matter():
    assert float(bracketed_roots(lambda x: x**3 - 8.0, 5.0, 0.0)) == pytest.approx(2.0, rel=1e-14)


def test_a_bracket_without_a_change_of_sign_is_refused():
    with pytest.raises(EvaluationError, match="must change its sign"):
        bracketed_roots(lambda x: x * x + 1.0, 0.0, 1.0)
