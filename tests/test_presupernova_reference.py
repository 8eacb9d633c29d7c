"""No case of the reference numbers of stars before collapse is left out: a test runs through each section, whole."""

import ast
from pathlib import Path

import presupernova
import presupernova_cases
import pytest

TESTS = Path(__file__).parent
CASES = {
    "scattering_total": 36,
    "scattering_window": 36,
    "scattering_smeared": 20,
    "recoil_spectrum": 32,
    "mean_cross_section_window": 24,
    "inverse_beta_total": 10,
    "inverse_beta_mean": 6,
    "pair_emission": 8,
    "flavour": 3,
    "luminosity": 32,
    "one_star": 15,
    "ibd_window": 10,
    "solar": 16,
    "beta_background": 18,
    "asimov": 11,
    "signal_needed": 5,
    "imf": 14,
    "igimf": 7,
    "population": 4,
    "flux_distribution": 8,
    "toy_flux_distribution": 5,
    "toy_counts": 2,
    "alarm": 5,
    "ibd_horizon": 12,
    "es_horizon": 12,
    "counts": 2,
    "systematics_floor": 4,
    "required_mass": 3,
}


def _sections(path):
    """Yield the sections over all cases of which a test of a file is parametrised, without a filter."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            uses_case = "case" in {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
            for decorator in node.decorator_list if uses_case else []:
                match decorator:
                    case ast.Call(args=[ast.Constant("case"), ast.Call(func=function, args=[ast.Constant(section)])]):
                        if (function.attr if isinstance(function, ast.Attribute) else function.id) == "cases":
                            yield section


def test_there_are_360_cases_in_28_sections():
    assert len(CASES) == 28
    assert sum(CASES.values()) == 360


@pytest.mark.parametrize("section", CASES)
def test_a_section_is_here_with_all_its_cases_and_a_tolerance(section):
    support = presupernova if section in presupernova.REFERENCE else presupernova_cases
    cases = support.cases(section)
    assert len(cases) == CASES[section]
    assert len({str(case) for case in cases}) == len(cases)
    assert support.REFERENCE[section]["relative_tolerance"]


def test_a_test_runs_through_each_section():
    driven = {section for path in TESTS.rglob("test_*.py") for section in _sections(path)}
    assert set(CASES) <= driven
