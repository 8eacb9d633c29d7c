import numpy as np
import pytest
from digits import near
from hypothesis import given
from hypothesis import strategies as st
from presupernova import cases, tolerance

from gridscan.errors import EvaluationError
from gridscan.physics.neutrinos import flavour_conversion
from gridscan.physics.neutrinos.flavour_conversion import ORDERINGS, arriving_parts, converted, survival_probabilities

SHARES = st.floats(0.0, 1.0)


@pytest.mark.parametrize("case", cases("flavour"), ids=lambda case: case["ordering"])
def test_reference_fluxes_are_met(case):
    p, p_bar = survival_probabilities(case["ordering"], case["sin2_theta12"], case["sin2_theta13"])
    rel = tolerance("flavour")
    assert (p, p_bar) == (near(case["p"], rel=rel), near(case["p_bar"], rel=rel))
    sources = (case["source_nue"], case["source_nux_each"])
    for survival, names in ((p, ("nue", "numutau")), (p_bar, ("nuebar", "numutaubar"))):
        for value, name in zip(converted(survival, *sources), names, strict=True):
            assert value == near(case[name], rel=rel)


def test_the_default_angles_are_those_of_the_reference():
    for case in cases("flavour"):
        assert (case["sin2_theta12"], case["sin2_theta13"]) == (
            flavour_conversion.SINE_SQUARED_12,
            flavour_conversion.SINE_SQUARED_13,
        )


@given(SHARES, st.floats(0.0, 1e3), st.floats(0.0, 1e3))
def test_no_neutrino_is_lost(survival, electron, other):
    assert sum(converted(survival, electron, other)) == pytest.approx(electron + 2 * other, rel=1e-13)
    parts = arriving_parts(survival, other)
    assert parts.sum() == pytest.approx(1 + 2 * other, rel=1e-13)
    np.testing.assert_allclose(parts.sum(axis=1), converted(survival, 1.0, other), rtol=1e-13)
    # Each spectrum keeps its number, too.
    np.testing.assert_allclose(parts.sum(axis=0), [1.0, 2.0 * other], rtol=1e-13)


@given(st.sampled_from(ORDERINGS), SHARES, SHARES)
def test_probabilities_are_shares(ordering, s_12, s_13):
    for probability in survival_probabilities(ordering, s_12, s_13):
        assert 0.0 <= probability <= 1.0


def test_equal_spectra_do_not_care_about_the_ordering():
    for ordering in ORDERINGS:
        for survival in survival_probabilities(ordering):
            assert converted(survival, 1.0, 1.0) == (pytest.approx(1.0), pytest.approx(2.0))


def test_orderings_are_an_axis():
    p, p_bar = survival_probabilities([[o] for o in ORDERINGS], [0.3, 0.31])
    assert p.shape == p_bar.shape == (3, 2)
    assert p_bar[0].tolist() == [0.7 * (1 - 0.0222), 0.69 * (1 - 0.0222)]
    assert arriving_parts(p, 0.1).shape == (2, 2, 3, 2)


def test_unknown_orderings_and_sines_beyond_one_are_refused():
    with pytest.raises(EvaluationError, match="unknown ordering 'norml'; did you mean 'normal'"):
        survival_probabilities(["normal", "norml"])
    with pytest.raises(EvaluationError, match=r"sine_squared_12 is 1\.1; it must be a number from 0 to 1"):
        survival_probabilities("normal", 1.1)
    with pytest.raises(EvaluationError, match=r"sine_squared_13 is -0\.1"):
        survival_probabilities("none", 0.3, -0.1)
