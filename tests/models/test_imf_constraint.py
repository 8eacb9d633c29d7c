"""The shipped scenario of the required detector masses, against numbers computed independently of gridscan."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from reference import reference

import gridscan as gs
from gridscan.cli import main
from gridscan.inputs.shipped_files import shipped_scenarios

REFERENCE = reference("red_supergiants")


def cases(section: str) -> list[dict]:
    return [dict(zip(REFERENCE[section]["columns"], row, strict=True)) for row in REFERENCE[section]["rows"]]


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return gs.run(shipped_scenarios()["imf_constraint"], output=tmp_path_factory.mktemp("results") / "constraint.nc")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def invoke(*arguments: object) -> None:
    run = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert run.exit_code == 0, run.output


@pytest.mark.parametrize("background", [0, 1])
def test_the_table_of_required_masses_is_that_of_the_reference(result, tmp_path, background):
    table = tmp_path / "required_mass.csv"
    invoke(
        *("sensitivity", "discriminate", result, "events_per_year", "--along", "imf", "--at", "detector=theia-100"),
        *("--background", f"{background} / kt / yr", "--exposure", "10 yr", "--significance", "3", "--out", table),
    )
    rows = rows_of(table)
    mass = next(name for name in rows[0] if name.startswith("required_mass"))
    assert mass == "required_mass [kt]"
    found = {
        (row["imf_a"], row["imf_b"], float(row["metallicity"]), float(row["radius [kpc]"]), row["method"]): row[mass]
        for row in rows
    }
    expected = [case for case in cases("required_mass") if case["background_per_kton_year"] == background]
    assert expected
    for case in expected:
        for method in ("asimov", "gaussian"):
            key = (case["imf_a"], case["imf_b"], float(case["Z"]), case["radius_kpc"], method)
            assert float(found[key]) == pytest.approx(
                case[f"required_mass_kton_{method}"], rel=REFERENCE["required_mass"]["relative_tolerance"]
            )


def test_the_table_of_detectability_is_that_of_the_reference(result, tmp_path):
    table = tmp_path / "detectability.csv"
    invoke("export", result, "--out", table)
    found = {
        (row["metallicity"], row["imf"], float(row["radius [kpc]"]), row["detector"]): row for row in rows_of(table)
    }
    assert len(found) == 4 * 2 * 6 * 8
    tolerance = REFERENCE["detectability"]["relative_tolerance"]
    columns = {
        "p_within": "fraction_within",
        "n_cburn_rsg_mw": "carbon_burning_rsg",
        "n_cburn_rsg_within": "carbon_burning_rsg_within",
        "flux_within_cm2_s": "flux [1/cm^2/s]",
    }
    star = REFERENCE["detectability"]["reference_star"]
    for case in cases("detectability"):
        for detector, events in case["events_per_year"].items():
            row = found[case["Z"], case["imf"], case["radius_kpc"], detector]
            for column, name in columns.items():
                assert float(row[name]) == pytest.approx(case[column], rel=tolerance)
            assert float(row["events_per_year [1/yr]"]) == pytest.approx(events, rel=tolerance)
            assert float(row["reference_flux [1/cm^2/s]"]) == pytest.approx(star["flux_cm2_s"], rel=tolerance)
            of_one = star["events_per_year"][detector]
            assert float(row["reference_events_per_year [1/yr]"]) == pytest.approx(of_one, rel=tolerance)


def test_the_commands_in_the_scenario_are_those_that_make_its_tables():
    text = shipped_scenarios()["imf_constraint"].read_text(encoding="utf-8")
    commands = text.replace("\\\n#", "").splitlines()
    discriminate = next(" ".join(line.split()[1:]) for line in commands if "discriminate" in line)
    for part in ("--along imf", "--at detector=theia-100", '--background "1 / kt / yr"', '--exposure "10 yr"'):
        assert part in discriminate
    np.testing.assert_equal(sum("gridscan" in line for line in commands), 3)
