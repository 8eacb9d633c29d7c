"""From what a user gives to labelled arrays: every form of a value, and every fault."""

from __future__ import annotations

import datetime

import numpy as np
import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st
from processors import printed_everywhere

from gridscan.errors import ScenarioError
from gridscan.inputs.catalogue import Catalogue
from gridscan.inputs.faults import InputFaults, shown
from gridscan.inputs.resolve import resolve
from gridscan.inputs.value_reader import LONGEST_AXIS, Given, ValueReader
from gridscan.model import Model
from gridscan.units import Quantity

AU = 149_597_870_700.0


def resolved(model, **values):
    return resolve(model, {name: Given(value, (name,)) for name, value in values.items()})


def faults_of(model, units_required=False, **values):
    with pytest.raises(InputFaults) as caught:
        resolve(model, {name: Given(value, (name,)) for name, value in values.items()}, units_required=units_required)
    return [str(fault.message) for fault in caught.value.faults]


@pytest.mark.parametrize(
    "value",
    [
        2,
        2.0,
        np.float64(2),
        np.int32(2),
        np.array(2.0),
        "2 AU",
        "2AU",
        "2 astronomical_unit",
        f"{2 * 149597870.7} km",
        Quantity(2.0, "AU"),
        Quantity(2, "AU"),
        Quantity(np.array(2.0), "AU"),
        pint.UnitRegistry().Quantity(2.0, "astronomical_unit"),
    ],
    ids=repr,
)
def test_one_value_may_be_given_in_many_ways(toy, value):
    found = resolved(toy, orbit=value)
    assert found.inputs["orbit"].dims == ()
    assert float(found.inputs["orbit"].data) == pytest.approx(2 * AU, rel=1e-14)
    assert float(found.coordinates["orbit"].values) == pytest.approx(2, rel=1e-14)
    assert found.sizes == {}


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 4],
        (1.0, 2.0, 4.0),
        np.array([1, 2, 4]),
        np.array([1.0, 2.0, 4.0], dtype=np.float32),
        ["1 AU", "2 AU", "4 AU"],
        [1, "2 AU", Quantity(4.0, "AU")],
        [Quantity(1.0, "AU"), Quantity(np.array(2.0), "AU"), 4.0],
        Quantity(np.array([1.0, 2.0, 4.0]), "AU"),
        Quantity([1, 2, 4], "AU"),
        pint.UnitRegistry().Quantity([1.0, 2.0, 4.0], "astronomical_unit"),
        {"values": [1, 2, 4], "unit": "AU"},
        {"values": [1, 2, 4]},
        {"values": ["1 AU", 2, 4]},
        {"geomspace": [1, 4, 3]},
        {"geomspace": ["1 AU", "4 AU", 3]},
    ],
    ids=repr,
)
def test_an_axis_may_be_given_in_many_ways(toy, values):
    found = resolved(toy, orbit=values)
    assert found.sizes == {"orbit": 3}
    assert found.inputs["orbit"].dims == ("orbit",)
    np.testing.assert_allclose(found.coordinates["orbit"].values, [1, 2, 4], rtol=1e-14)
    np.testing.assert_allclose(found.inputs["orbit"].data, np.array([1, 2, 4]) * AU, rtol=1e-14)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (range(1, 4), [1, 2, 3]),
        ({"linspace": [0, 1, 5]}, [0, 0.25, 0.5, 0.75, 1]),
        ({"linspace": [3, 1, 3]}, [3, 2, 1]),
        ({"linspace": [2, 9, 1]}, [2]),
        ({"linspace": [0, 1, 2.0]}, [0, 1]),
        ({"geomspace": [1, 1000, 4]}, [1, 10, 100, 1000]),
        ({"geomspace": [-1, -100, 3]}, [-1, -10, -100]),
        ({"arange": [0, 1, 0.1]}, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
        ({"arange": [3, 0, -1]}, [3, 2, 1]),
        ({"arange": [1, 2, 5]}, [1]),
        ({"linspace": ["0 yr", "36525 day", 2]}, [0, 100]),
        ({"linspace": [0, 1, 2], "unit": "kyr"}, [0, 1000]),
    ],
)
def test_a_range_gives_the_values_that_it_says(toy, value, expected):
    found = resolved(toy, moment=value)
    np.testing.assert_allclose(found.coordinates["moment"].values, expected, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"linspace": [0.1, 0.7, 7]}, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),
        ({"linspace": [0.3, -0.3, 7]}, [0.3, 0.2, 0.1, 0.0, -0.1, -0.2, -0.3]),
        ({"arange": [0, 1, 0.1]}, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]),
        ({"geomspace": [1e-200, 1e-100, 3]}, [1e-200, 1e-150, 1e-100]),
        ({"values": [1, 1 + 3e-9]}, [1.0, 1 + 3e-9]),
        ({"values": [0, 1e-300, -1e-300]}, [0.0, 1e-300, -1e-300]),
        ({"linspace": [3, 3, 1]}, [3.0]),
    ],
)
def test_a_range_gives_the_very_numbers_that_one_would_write(toy, value, expected):
    assert resolved(toy, moment=value).coordinates["moment"].values.tolist() == expected


@given(first=st.integers(-50, 50), count=st.integers(1, 60), step=st.sampled_from([0.1, 0.3, 1 / 3, 1.7, 5]))
def test_arange_leaves_the_end_out_whatever_the_rounding(first, count, step):
    model = Model("m", "M")
    model.parameter("x", 1.0, "X")
    found = resolved(model, x={"arange": [first * step, (first + count) * step, step]})
    assert len(found.coordinates["x"].values) == count


def test_coordinates_are_in_the_default_unit_and_exact_in_powers_of_ten():
    model = Model("m", "M")
    model.parameter("distance", "1 kpc", "Distance")
    found = resolved(model, distance=["700 pc", "0.0011 Mpc", 3])
    assert found.coordinates["distance"].values.tolist() == [0.7, 1.1, 3.0]


def test_axes_keep_the_order_in_which_they_are_given(toy):
    found = resolved(toy, sky=["clear", "overcast"], planet=["mars", "earth"], moment=[3, 1, 2], moons=2)
    assert list(found.sizes.items()) == [("sky", 2), ("planet", 2), ("moment", 3)]
    assert found.coordinates["moment"].values.tolist() == [3, 1, 2]


def test_a_label_bundles_the_values_of_its_record(toy):
    found = resolved(toy, planet="mars")
    assert found.inputs["albedo"].dims == ()
    assert float(found.inputs["albedo"].data) == 0.25
    assert float(found.inputs["orbit"].data) == 1.5 * AU
    assert found.inputs["layers"].data.tolist() == [0.1]
    assert str(found.coordinates["planet"].values) == "mars"


def test_a_label_axis_bundles_along_that_axis_and_pads_vectors_with_their_last_value(toy):
    found = resolved(toy, planet=["earth", "mars", "venus"])
    assert found.sizes == {"planet": 3}
    assert found.inputs["albedo"].dims == ("planet",)
    assert found.inputs["albedo"].data.tolist() == [0.3, 0.25, 0.75]
    assert found.inputs["layers"].vector
    assert found.inputs["layers"].data.tolist() == [[0.5, 0.8, 0.8], [0.1, 0.1, 0.1], [20, 40, 60]]
    assert found.coordinates["albedo"].dims == ("planet",)
    assert "layers" not in found.coordinates


def test_an_explicit_value_wins_over_the_record(toy):
    found = resolved(toy, planet=["earth", "mars"], albedo=0.5)
    assert found.inputs["albedo"].dims == ()
    assert float(found.inputs["albedo"].data) == 0.5
    assert found.inputs["orbit"].dims == ("planet",)
    scanned = resolved(toy, planet=["earth", "mars"], albedo=[0.1, 0.2, 0.3])
    assert scanned.inputs["albedo"].dims == ("albedo",)
    assert scanned.sizes == {"planet": 2, "albedo": 3}


def test_a_vector_may_be_given_once_or_along_an_axis_with_other_lengths(toy):
    assert resolved(toy, layers=[1, 2, 3]).inputs["layers"].data.tolist() == [1, 2, 3]
    found = resolved(toy, layers=[[1], [2, 3]])
    assert found.sizes == {"layers": 2}
    assert found.inputs["layers"].data.tolist() == [[1, 1], [2, 3]]


def test_values_zipped_along_one_dimension_share_it(toy):
    found = resolve(
        toy,
        {
            "planet": Given(["earth", "mars"], (), "world"),
            "moons": Given([1, 2], (), "world"),
            "sky": Given(["clear", "clear"], (), "world"),
        },
    )
    assert found.sizes == {"world": 2}
    assert found.inputs["moons"].dims == found.inputs["albedo"].dims == found.inputs["sky"].dims == ("world",)


def test_a_quantity_and_a_constant_may_be_given_a_value(toy):
    found = resolved(toy, absorbed=["200 W/m^2", "0.3 kW/m^2"], stefan_boltzmann_constant="6e-8 W/m^2/K^4")
    assert found.cut == ["absorbed"]
    np.testing.assert_allclose(found.inputs["absorbed"].data, [200, 300])
    assert float(found.inputs["stefan_boltzmann_constant"].data) == pytest.approx(6e-8)


FAULTS = [
    # name, value, message
    ("temprature", 1, "unknown parameter 'temprature' of model 'planet'; did you mean 'temperature'?"),
    ("xyzzy", 1, "unknown parameter 'xyzzy' of model 'planet'"),
    ("orbit", "2", "'orbit': '2' has no unit; expected one like 'au'"),
    ("orbit", "2 kg", "'orbit': found 'kg', expected a unit like 'au'"),
    ("orbit", "2 kgg", "'orbit': unknown unit 'kgg' in 'kgg'; did you mean 'kg'?"),
    ("orbit", "far", "'orbit': 'far' does not begin with a number; expected a value such as '2 kpc'"),
    ("orbit", True, "'orbit': found True, expected a number with a unit like '1 au'"),
    ("orbit", None, "'orbit': found None, expected a number with a unit like '1 au'"),
    ("orbit", 1j, "'orbit': found 1j, expected a number with a unit like '1 au'"),
    ("orbit", datetime.date(2020, 5, 1), "'orbit': found 2020-05-01, expected a number with a unit like '1 au'"),
    ("orbit", [[1, 2]], "'orbit': found [1, 2], expected a number with a unit like '1 au'"),
    ("orbit", np.ones((1, 2)), "'orbit': found array([1., 1.]), expected a number with a unit like '1 au'"),
    ("orbit", Quantity(2.0, "kg"), "'orbit': found 'kg', expected a unit like 'au'"),
    ("orbit", 10**400, "'orbit': the whole number is too large to compute with"),
    ("orbit", -1, "'orbit' cannot be -1 au; allowed is a number of at least 0.001 au"),
    ("orbit", float("nan"), "'orbit' cannot be nan au; allowed is a number of at least 0.001 au"),
    ("orbit", "inf AU", "'orbit' cannot be inf au; allowed is a number of at least 0.001 au"),
    ("orbit", "1e300 AU", "'orbit' cannot be 1e+300 au; allowed is a number of at least 0.001 au"),
    ("orbit", "1e400 AU", "'orbit' cannot be inf au; allowed is a number of at least 0.001 au"),
    ("albedo", "20 %", None),
    ("albedo", 1.5, "'albedo' cannot be 1.5; allowed is a number from 0 to 1"),
    ("albedo", "0.5 kpc", "'albedo': found 'kpc', expected a number without a unit"),
    ("albedo", "x", "'albedo': 'x' does not begin with a number; expected a value such as '2 kpc'"),
    ("albedo", False, "'albedo': found False, expected a number"),
    ("moons", 1.5, "'moons' cannot be 1.5; allowed is a whole number of at least 0"),
    ("moons", [1, 2, 1], "the axis 'moons' contains 1.0 twice"),
    ("moons", [], "the axis 'moons' is empty; give it at least one value"),
    ("moons", np.array([]), "the axis 'moons' is empty; give it at least one value"),
    ("moons", {"values": []}, "the axis 'moons' is empty; give it at least one value"),
    ("moons", {"linspace": [0, 1, 3]}, "'moons' cannot be 0.5; allowed is a whole number of at least 0"),
    ("sky", "cloudless", "'sky' cannot be 'cloudless'; allowed is one of clear, overcast"),
    ("sky", "overcats", "'sky' cannot be 'overcats'; did you mean 'overcast'?; allowed is one of clear, overcast"),
    ("sky", 3, "'sky' cannot be 3; allowed is one of clear, overcast"),
    ("sky", ["clear", "clear"], "the axis 'sky' contains clear twice"),
    ("sky", {"linspace": [0, 1, 3]}, "'sky' is not a number; give its values as a list"),
    ("planet", "erth", "unknown planet 'erth'; did you mean 'earth'?; known are earth, mars, venus"),
    ("planet", 3, "'planet' takes a label, found 3; known are earth, mars, venus"),
    ("planet", ["mars", "mars"], "the axis 'planet' contains mars twice"),
    ("planet", {"geomspace": [1, 2, 3]}, "'planet' is not a number; give its values as a list"),
    ("layers", 3, "'layers' takes a list of numbers, found 3"),
    ("layers", [[1], []], "'layers' takes a list of numbers, found []"),
    ("layers", [[1], 2], "'layers' takes a list of numbers, found 2"),
    ("layers", [-1], "'layers' cannot be -1; allowed is a number of at least 0"),
    ("layers", ["x"], "'layers': 'x' does not begin with a number; expected a value such as '2 kpc'"),
    *[
        (
            "moment",
            value,
            f"the axis 'moment' contains {one} yr and {other} yr, the same value within 1e-09 of it; keep one",
        )
        for value, one, other in (
            (["0.3 yr", "0.30000000000000004 yr", "1 yr"], "0.3", "0.30000000000000004"),
            ([0.1 + 0.2, 1, 0.3], "0.30000000000000004", "0.3"),
            ({"values": ["-1 yr", "-1000.0000001 yr", "-0.9999999999 yr"]}, "-1.0", "-0.9999999999"),
            ({"geomspace": [1, 1.000000000000002, 2]}, "1.0", "1.000000000000002"),
        )
    ],
    ("moment", ["1 yr", "365.25 day"], "the axis 'moment' contains 1.0 yr twice"),
    ("orbit", {"linspace": ["1 AU", "1 AU", 5]}, "linspace needs two different ends for 5 values; found 1 AU and 1 AU"),
    ("moment", {"geomspace": [3, 3, 2]}, "geomspace needs two different ends for 2 values; found 3 and 3"),
    ("moment", {"linspace": [1, 2]}, "linspace takes three values [first, last, how many]"),
    ("moment", {"arange": [1]}, "arange takes three values [first, end, step]"),
    ("moment", {"linspace": [1, 2, 0]}, "linspace needs a whole number of values of at least 1, found 0"),
    ("moment", {"linspace": [1, 2, 2.5]}, "linspace needs a whole number of values of at least 1, found 2.5"),
    ("moment", {"linspace": [1, 2, "3"]}, "linspace needs a whole number of values of at least 1, found '3'"),
    ("moment", {"linspace": [1, 2, True]}, "'linspace': expected numbers or texts with a unit, found True"),
    ("moment", {"linspace": 3}, "'linspace': input should be a valid list, found 3"),
    ("moment", {"geomspace": [0, 2, 3]}, "geomspace needs two ends of the same sign, not zero; found 0 and 2"),
    ("moment", {"geomspace": [-1, 2, 3]}, "geomspace needs two ends of the same sign, not zero; found -1 and 2"),
    ("moment", {"arange": [0, 1, -1]}, "a step of -1 does not lead from 0 to 1"),
    ("moment", {"arange": [0, 1, 0]}, "a step of 0 does not lead from 0 to 1"),
    ("moment", {"arange": [0, 1, 1e-10]}, f"the axis has 10,000,000,000 values; at most {LONGEST_AXIS:,} are allowed"),
    ("moment", {"arange": [0, 1e300, 1e-300]}, f"the axis has 1.0e+300 values; at most {LONGEST_AXIS:,} are allowed"),
    ("moment", {"linspace": [0, 1, 10**400]}, f"the axis has 1.0e+300 values; at most {LONGEST_AXIS:,} are allowed"),
    ("moment", {"linspace": [0, 1, 1e30]}, f"the axis has 1.0e+30 values; at most {LONGEST_AXIS:,} are allowed"),
    ("moment", {"values": [1], "linspace": [1, 2, 3]}, None),
    ("moment", {"unit": "yr"}, None),
    ("moment", {"values": [1, 2], "unit": "kg"}, "'moment': found 'kg', expected a unit like 'yr'"),
    ("moment", {"values": [1, 2], "unit": "yrr"}, "unknown unit 'yrr' in 'yrr'; did you mean 'yr'?"),
    ("moment", {"linspace": ["1 kg", 2, 3]}, "'moment': found 'kg', expected a unit like 'yr'"),
    ("moment", {"linspac": [1, 2, 3]}, None),
    ("absorbed", "5 W", "'absorbed': found 'W', expected a unit like 'W/m^2'"),
    ("absorbed", float("inf"), "'absorbed' cannot be inf W/m^2; allowed is a finite number"),
    ("stefan_boltzmann_constant", "6 m", "'stefan_boltzmann_constant': found 'm', expected a unit like 'kg/K^4/s^3'"),
]


@pytest.mark.parametrize(
    ("name", "value", "message"), [fault for fault in FAULTS if fault[2]], ids=lambda item: repr(item)[:40]
)
def test_a_faulty_value_gives_one_clear_message(toy, name, value, message):
    found = faults_of(toy, **{name: value})
    assert found[0] == message
    assert len(set(found)) == 1


def test_a_percentage_is_a_number(toy):
    assert float(resolved(toy, albedo="20 %").inputs["albedo"].data) == 0.2


@pytest.mark.parametrize(
    ("value", "found"),
    [({"unit": "yr"}, "found none"), ({"values": [1], "linspace": [1, 2, 3]}, "found values and linspace")],
)
def test_an_axis_is_described_in_exactly_one_way(toy, value, found):
    assert faults_of(toy, moment=value) == [
        f"an axis takes exactly one of values, linspace, geomspace, arange; {found}"
    ]


def test_an_unknown_key_of_an_axis_is_refused_with_the_nearest(toy):
    assert faults_of(toy, moment={"linspac": [1, 2, 3]}) == [
        "unknown key 'linspac'; did you mean 'linspace'?; allowed are values, linspace, geomspace, arange, unit, weight"
    ]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2, "'orbit': 2 has no unit; write for example '2 au'"),
        ([2, 3.5], "'orbit': 2 has no unit; write for example '2 au'"),
        ({"linspace": [1, 2, 3]}, "'orbit': 1 has no unit; write for example '1 au'"),
    ],
)
def test_a_file_has_to_write_the_units(toy, value, message):
    assert faults_of(toy, units_required=True, orbit=value)[0] == message


def test_a_number_for_an_angle_is_never_taken_for_radians():
    model = Model("m", "M")
    model.parameter("pitch", "12 deg", "Pitch")
    assert float(resolved(model, pitch=12).inputs["pitch"].data) == pytest.approx(np.pi / 15)
    assert faults_of(model, pitch="12") == ["'pitch': '12' has no unit; expected one like 'deg'"]
    assert faults_of(model, units_required=True, pitch=12) == ["'pitch': 12 has no unit; write for example '12 deg'"]


def test_lengths_zipped_together_have_to_agree(toy):
    with pytest.raises(InputFaults, match="'moons' has 3 values, but the axes zipped along 'world' have 2"):
        resolve(toy, {"planet": Given(["earth", "mars"], (), "world"), "moons": Given([1, 2, 3], (), "world")})


def test_all_faults_are_reported_at_once_each_with_its_path(toy):
    with pytest.raises(InputFaults) as caught:
        resolve(
            toy,
            {
                "orbit": Given(["1 AU", "2 kg", "x"], ("axes", "orbit")),
                "sky": Given("dark", ("parameters", "sky")),
                "planett": Given("earth", ("parameters", "planett")),
            },
            own_records={"planet": {"pluto": {"albedo": 2, "orbitt": 1}}, "planets": {}},
        )
    assert [(fault.path, fault.at_key) for fault in caught.value.faults] == [
        (("catalogue", "planet", "pluto", "albedo"), False),
        (("catalogue", "planet", "pluto", "orbitt"), True),
        (("catalogue", "planets"), True),
        (("axes", "orbit", 1), False),
        (("axes", "orbit", 2), False),
        (("parameters", "sky"), False),
        (("parameters", "planett"), True),
    ]
    assert isinstance(caught.value, ScenarioError)


def test_a_record_of_ones_own_is_selected_by_its_label(toy):
    records = {"planet": {"pluto": {"albedo": 0.6, "orbit": "40 AU", "layers": [0.01]}}}
    found = resolve(toy, {"planet": Given(["earth", "pluto"])}, own_records=records)
    assert found.inputs["albedo"].data.tolist() == [0.3, 0.6]
    own = Catalogue("planet").extended(records["planet"])
    assert own["pluto"].source == "given in the scenario"


def test_a_record_that_lacks_a_value_is_named_where_it_is_selected():
    model = Model("rings", "Rings of planets")
    planet = model.label("planet", "earth", "Planet", records={"earth": {}})
    model.parameter("rings", planet, "Number of rings")
    with pytest.raises(InputFaults) as caught:
        resolve(
            model, {"planet": Given(["saturn", "earth"], ("planet",))}, own_records={"planet": {"saturn": {"rings": 7}}}
        )
    assert [(fault.path, fault.message) for fault in caught.value.faults] == [
        (("planet", 1), "the record 'earth' of 'planet' does not set 'rings'")
    ]


def test_long_values_are_cut_in_messages():
    assert len(shown("x" * 1000)) < 90
    assert shown(np.zeros((3, 3))).count("\n") == 0


def test_an_axis_has_the_same_bits_without_vector_instructions():
    code = (
        "from gridscan.inputs.resolve import resolve; from gridscan.inputs.value_reader import Given;"
        "from gridscan.model import Model; model = Model('m', 'M'); model.parameter('radius', '1 kpc', 'R');"
        "given = [{'geomspace': ['0.2 kpc', '8 kpc', 401]}, {'linspace': ['1 pc', '1 AU', 9]}, {'arange': [1, 9, .7]}];"
        "found = [resolve(model, {'radius': Given(axis)}) for axis in given];"
        "print([part.tobytes().hex() for one in found"
        " for part in (one.coordinates['radius'].values, one.inputs['radius'].data)])"
    )
    here, plain = printed_everywhere(code)
    assert here == plain


@pytest.mark.parametrize(
    "axis",
    [{"arange": [1.7e9, 1700000010, 1]}, {"arange": [5, 5.000000005, 1e-9]}, {"geomspace": [1, 1.0000000001, 9]}],
)
def test_steps_far_above_rounding_make_an_axis_wherever_it_begins(toy, axis):
    """A time of 1.7e9 in steps of one was refused (0b5a7eb)."""
    resolved = resolve(toy, {"moment": Given(axis, ("moment",))})
    values = resolved.coordinates["moment"].values
    assert len(np.unique(values)) == len(values) >= 4


@pytest.mark.parametrize("unit", ["AU", "pc", "km", "m", "Mpc"])
def test_a_list_of_plain_numbers_is_read_as_each_of_them_alone(unit):
    model = Model("far", "A distance")
    model.parameter("distance", "1 kpc", "Distance")
    numbers = [0.7, 700, 1, 0.1 + 0.2, 1e-17, 123456.789, 2**53 + 1, 7e22]
    at_once = resolved(model, distance={"values": numbers, "unit": unit})
    for place, number in enumerate(numbers):
        alone = resolved(model, distance=f"{number!r} {unit}")
        assert at_once.coordinates["distance"].values[place] == alone.coordinates["distance"].values
        assert at_once.inputs["distance"].data[place] == alone.inputs["distance"].data


def test_no_plain_number_of_a_long_axis_is_read_alone(toy, monkeypatch):
    alone = []
    monkeypatch.setattr(ValueReader, "_number", lambda *arguments: alone.append(arguments))
    found = resolved(toy, orbit={"values": [1 + 1e-3 * step for step in range(20_000)], "unit": "AU"})
    assert (found.sizes["orbit"], alone) == (20_000, [])
