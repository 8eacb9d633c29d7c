"""Parameters that are given in another way: the same numbers, the same cells, and clear messages."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import gridscan as gs
from gridscan.cli.group import main
from gridscan.errors import CatalogueError, EvaluationError, GridscanWarning, ModelError, ScenarioError, UnitError
from gridscan.scenario.json_schema import json_schema
from gridscan.scenario.template import starter
from gridscan.units import registry

TURNS = {"quarter": "90 deg", "half": "180 deg"}


def read_turn(text):
    """Read an angle, or the name of a turn."""
    return gs.model("boosted_dark_matter").alternative_inputs["declination"].read(TURNS.get(text, text))


def cartesian(radius, angle):
    """Convert polar coordinates, except those of the origin."""
    if np.any(radius == 0.0):
        raise EvaluationError("the origin has no angle")
    return radius * np.cos(angle), radius * np.sin(angle)


def plane(**records):
    """Return a model of points of a plane, which can be given in polar coordinates."""
    model = gs.Model("plane", "Points of a plane")
    own = {"east": {"x": "1 km", "y": "0 m"}, **records}
    place = model.label("place", "east", "Places", records={key: {"source": "a map", **it} for key, it in own.items()})
    model.parameter("x", place, "Distance to the east", unit="m")
    model.parameter("y", place, "Distance to the north", unit="m", maximum=1e4)
    model.parameter("scale", 1.0, "Scale of the map", above=0)
    model.alternative(
        ["x", "y"],
        cartesian,
        radius=gs.AlternativeInput("Distance from the origin", "m", minimum=0),
        angle=gs.AlternativeInput("Angle from the east", "deg", minimum=-180, maximum=180, read=read_turn),
    )

    @model.quantity("m")
    def east(x, scale):
        """Distance to the east on a map."""
        return x * scale

    @model.quantity("m")
    def north(y):
        """Distance to the north."""
        return 1.0 * y

    return model.check()


def scenario(text, model=None, **options):
    """Return the scenario with a text, of both quantities."""
    return gs.Scenario.parse(
        f'model = "plane"\noutput.quantities = ["east", "north"]\n{text}', model=model or plane(), **options
    )


def positions(text, model=None, **options):
    found = gs.evaluate(scenario(text, model, **options))
    return found["east"].values, found["north"].values


def refusal(text, model=None, **options):
    """Return the lines with which a scenario is refused."""
    with pytest.raises(ScenarioError) as caught:
        scenario(text, model, **options)
    return str(caught.value).splitlines()


PARAMETERS = '[parameters]\nradius = "2 km"\nangle = "quarter"\n'
RECORD = '[parameters]\nplace = "tower"\n[catalogue.place.tower]\nradius = "2 km"\nangle = "quarter"\n'


@pytest.mark.parametrize("text", [PARAMETERS, RECORD], ids=["parameters", "record"])
def test_parameters_can_be_given_in_another_way(text):
    east, north = positions(text)
    assert east == pytest.approx(0.0, abs=1e-9)
    assert north == pytest.approx(2000.0, rel=1e-15)


def test_a_record_of_the_model_can_give_them_so():
    model = plane(west={"radius": "3 km", "angle": "half"})
    assert float(model.evaluate("east", place="west")) == pytest.approx(-3000.0, rel=1e-15)
    assert model.evaluate("east", place=["west", "east"]).values == pytest.approx([-3000.0, 1000.0], rel=1e-15)


def test_python_takes_bare_numbers_and_quantities():
    model = plane()
    assert float(model.evaluate("north", radius=2.0, angle=30)) == pytest.approx(1.0, rel=1e-15)
    quantity = registry.Quantity(30.0, "deg")
    assert float(model.evaluate("north", radius="2 m", angle=quantity)) == pytest.approx(1.0, rel=1e-15)


def test_zipped_axes_give_a_direction_each():
    text = '[axes.zip.step]\nradius = ["1 km", "2 km"]\nangle = ["quarter", "half"]\n'
    result = gs.evaluate(scenario(text))
    assert result["east"].dims == ("step",)
    assert result["east"].values == pytest.approx([0.0, -2000.0], abs=1e-9)
    assert result["angle"].values.tolist() == [90.0, 180.0]
    assert result["x"].dims == ("step",)


def test_one_of_them_can_be_an_axis_which_keeps_its_name_and_values():
    result = gs.evaluate(
        scenario('[axes]\nangle = { linspace = [0, 90, 3], unit = "deg" }\n[parameters]\nradius = "1 m"')
    )
    assert result["north"].dims == ("angle",)
    assert result["angle"].values.tolist() == [0.0, 45.0, 90.0]
    assert result["north"].values == pytest.approx([0.0, np.sqrt(0.5), 1.0], rel=1e-15)
    assert float(result["radius"]) == 1.0


@pytest.mark.parametrize(
    ("text", "overrides", "expected"),
    [
        ('[parameters]\nx = "5 m"\ny = "6 m"\n', {"radius": "1 m", "angle": "half"}, (-1.0, 0.0)),
        (PARAMETERS, {"x": "5 m", "y": "6 m"}, (5.0, 6.0)),
        (PARAMETERS, {"x": "5 m"}, (5.0, 2000.0)),
        (PARAMETERS, {"radius": "1 m"}, (0.0, 1.0)),
        (RECORD, {"radius": "1 m", "angle": "half"}, (-1.0, 0.0)),
        (RECORD, {"y": "7 m"}, (0.0, 7.0)),
        ('[axes.zip.step]\nradius = ["1 m"]\nangle = ["half"]\n', {"x": "5 m", "y": "6 m"}, (5.0, 6.0)),
    ],
)
def test_an_override_wins_over_the_file_in_either_way(text, overrides, expected):
    east, north = positions(text, overrides=overrides)
    assert (float(east), float(north)) == pytest.approx(expected, abs=1e-9)


TOGETHER = "together they stand for 'x' and 'y'"
STAND = "'radius' and 'angle' stand for 'x' and 'y'"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('[parameters]\nangle = "half"', [f"4:1: 'angle' is given without 'radius'; {TOGETHER}"]),
        (
            PARAMETERS + 'x = "1 m"',
            [f"4:1: {STAND}, but 'x' is given too; give one or the other"],
        ),
        (
            PARAMETERS + 'x = "1 m"\ny = "1 m"',
            [f"4:1: {STAND}, but 'x' and 'y' is given too; give one or the other"],
        ),
        (
            '[axes]\nradius = ["1 m", "2 m"]\nangle = ["half", "quarter"]',
            ["4:1: 'radius' and 'angle' cannot be axes of their own; zip them in one table [axes.zip.NAME]"],
        ),
        (
            '[axes.zip.step]\nradius = ["1 m", "2 m"]\nangle = ["half"]',
            ["4:10: axes zipped along 'step' differ in length: 'radius' has 2 values, 'angle' has 1 values"],
        ),
        (
            '[axes]\nangle = []\n[parameters]\nradius = "1 m"',
            ["4:9: the axis 'angle' is empty; give"],
        ),
        (
            '[axes]\nangle = ["half", "180 deg"]\n[parameters]\nradius = "1 m"',
            ["4:18: the axis 'angle' contains 180.0 deg twice"],
        ),
        (
            '[parameters]\nradius = "-1 m"\nangle = "200 deg"',
            [
                "4:10: 'radius' cannot be -1 m; allowed is a number of at least 0 m",
                "5:9: 'angle' cannot be 200 deg; allowed is a number from -180 to 180 deg",
            ],
        ),
        ('[parameters]\nradius = "1 s"\nangle = "half"', ["4:10: 'radius': "]),
        ('[parameters]\nradius = 1\nangle = "half"', ["4:10: 'radius': 1 has no unit; write for example '1 m'"]),
        ('[parameters]\nradius = "0 m"\nangle = "half"', ["4:1: 'radius' and 'angle': the origin has no angle"]),
        (
            '[parameters]\nradius = "20 km"\nangle = "quarter"',
            ["4:10: 'y' cannot be 20000 m; "],
        ),
        ('[parameters]\nradios = "1 m"', ["4:1: unknown parameter 'radios' of model 'plane'; did you mean 'radius'?"]),
        (
            '[catalogue.place.tower]\nangle = "half"',
            [f"4:1: record 'tower' of 'place': 'angle' is given without 'radius'; {TOGETHER}"],
        ),
        (
            '[catalogue.place.tower]\nradius = "1 m"\nangle = "half"\ny = "1 m"',
            [f"4:1: record 'tower' of 'place': {STAND}, but 'y' is given too; give one or the other"],
        ),
        ('[catalogue.place.tower]\nradius = "1 m"\nangle = "1 s"', ["5:9: 'angle': '1 s' can be minutes or seconds"]),
        (
            '[parameters]\nradius = 05:35:28\nangle = "half"',
            ["4:10: 'radius': found 05:35:28, a time of day in TOML"],
        ),
        (
            '[catalogue.place.tower]\nradius = "1 m"\nangel = "half"',
            ["5:1: a record of 'place' cannot set 'angel'; did you mean 'angle'?; allowed are x, y, radius, angle"],
        ),
    ],
)
def test_faults_are_told_where_they_are(text, lines):
    found = refusal(text)
    assert len(found) == len(lines)
    for line, expected in zip(found, lines, strict=True):
        assert line.startswith(f"scenario.toml:{expected}")


def test_faults_of_overrides_name_them():
    assert refusal("", overrides={"angle": "half"}) == [f"--set angle: 'angle' is given without 'radius'; {TOGETHER}"]
    assert refusal("", overrides={"x": "1 m", "radius": "1 m", "angle": "half"}) == [
        f"--set radius: {STAND}, but 'x' is given too; give one or the other"
    ]


def test_a_faulty_record_of_the_model_is_told_where_it_is_chosen():
    model = plane(west={"radius": "3 km"})
    assert refusal('[parameters]\nplace = "west"', model) == [
        f"scenario.toml:4:9: record 'west' of 'place': 'radius' is given without 'angle'; {TOGETHER}"
    ]
    assert positions("", model)[0] == 1000.0
    with pytest.raises(CatalogueError, match="did you mean 'radius'"):
        plane(west={"radios": "3 km", "angle": "half"}).evaluate("east")


def test_a_value_without_effect_is_named_as_it_was_given():
    with pytest.warns(GridscanWarning, match="the value of 'radius' has no effect") as caught:
        _without_effect()
    assert not [item for item in caught if "'x'" in str(item.message)]


def _without_effect():
    model = plane()

    @model.quantity("1")
    def twice(scale):
        """Twice the scale."""
        return 2.0 * scale

    return model.evaluate("twice", radius="1 m", angle="half")


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (
            lambda model: model.alternative(["z"], cartesian, r=gs.AlternativeInput("r", "m")),
            "'z', which is not",
        ),
        (lambda model: model.alternative(["x"], cartesian, y=gs.AlternativeInput("r", "m")), "'y' is declared twice"),
        (
            lambda model: model.alternative(["x"], cartesian, angle=gs.AlternativeInput("r", "m")),
            "'angle' is declared",
        ),
        (lambda model: model.parameter("angle", "1 deg", "An angle"), "'angle' is declared twice"),
        (lambda model: model.alternative([], cartesian, r=gs.AlternativeInput("r", "m")), "cannot stand for nothing"),
        (lambda model: model.alternative(["x"], cartesian), "nothing cannot stand for 'x'"),
        (lambda model: model.alternative(["x"], cartesian, r="1 m"), "must be declared with gs.AlternativeInput"),
    ],
)
def test_a_wrong_declaration_is_refused(declare, message):
    with pytest.raises(ModelError, match=message):
        declare(plane())


def test_words_lists_and_unknown_units_cannot_be_declared():
    model = plane()
    model.parameter("kind", "a", "A word", choices=["a", "b"])
    model.parameter("sizes", [1.0, 2.0], "A list", vector="entry")
    for name in ("kind", "sizes"):
        with pytest.raises(ModelError, match="only single numbers"):
            model.alternative([name], cartesian, r=gs.AlternativeInput("r", "m"))
    with pytest.raises(UnitError):
        model.alternative(["x"], cartesian, r=gs.AlternativeInput("r", "metre-ish"))


def test_a_copy_can_be_extended_without_touching_the_model():
    model = plane()
    model.copy().alternative(["scale"], lambda inverse: 1 / inverse, inverse=gs.AlternativeInput("Inverse scale", "1"))
    assert list(model.alternative_inputs) == ["radius", "angle"]


def test_a_single_parameter_can_have_several_ways():
    model = plane()
    model.alternative(
        ["scale"], lambda inverse: 1 / inverse, inverse=gs.AlternativeInput("Inverse scale", "1", above=0)
    )
    model.alternative(["scale"], lambda root: root**2, root=gs.AlternativeInput("Root of the scale", "1"))
    assert float(model.evaluate("east", inverse=4)) == 250.0
    assert float(model.evaluate("east", root=2)) == 4000.0
    with pytest.raises(ScenarioError, match="'root' stand for 'scale', but 'scale' is given too"):
        model.evaluate("east", root=2, inverse=3)


def test_describe_schema_and_template_show_them(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")
    shown = CliRunner().invoke(main, ["describe", "boosted_dark_matter"]).output
    assert "Other ways to give parameters" in shown
    assert "with declination in place of supernova_longitude and supernova_latitude" in shown
    one = CliRunner().invoke(main, ["describe", "boosted_dark_matter", "right_ascension"]).output
    assert one.startswith("right_ascension, a number from 0 to 360 deg, with declination in place of")
    schema = json.loads(json.dumps(json_schema(plane())))
    described = schema["properties"]["parameters"]["properties"]["radius"]["description"]
    assert described == "Distance from the origin [m]; with angle in place of x and y"
    own = schema["properties"]["catalogue"]["properties"]["place"]["anyOf"][0]["additionalProperties"]["properties"]
    assert list(own) == ["x", "y", "radius", "angle", "source", "description"]
    assert "angle" in schema["properties"]["axes"]["propertyNames"]["enum"]
    assert "# There, radius and angle can stand for x and y." in starter(plane())


def test_the_records_of_a_label_show_what_they_give(monkeypatch):
    from gridscan.cli.report import node_report
    from gridscan.cli.tables import console
    from gridscan.inputs.catalogue import catalogue_of

    monkeypatch.setenv("COLUMNS", "200")
    model = plane(west={"radius": "3 km", "angle": "half"})
    screen = console()
    with screen.capture() as captured:
        screen.print(node_report(model, "place", {"place": catalogue_of(model, "place")}))
    lines = captured.get().splitlines()
    assert lines[2].split()[:5] == ["record", "x", "y", "radius", "angle"]
    assert "None" not in captured.get()
