"""Groups: several names as one argument of formulas, kernels, integrals, populations, in files and in workers."""

from __future__ import annotations

import dataclasses
import textwrap
from typing import Any, NamedTuple

import numpy as np
import pytest

import gridscan as gs
from gridscan.errors import ModelError, UnitError
from gridscan.fingerprint.identity import changes, code_of
from gridscan.model import Model
from gridscan.model_loader import load_model


@dataclasses.dataclass(frozen=True)
class Box:
    """A box, its sides in one unit."""

    length: Any
    width: Any
    colour: Any = "red"
    holes: int = 0

    @property
    def area(self):
        return self.length * self.width


class Layers(NamedTuple):
    """Layers of a box."""

    thickness: Any
    length: Any


@pytest.fixture
def bare():
    model = gs.Model("boxes", "Boxes")
    model.parameter("length", "2 m", "Length", minimum=0)
    model.parameter("width", "50 cm", "Width")
    model.parameter("depth", "1 m", "Depth")
    model.parameter("colour", "red", "Colour", choices=["red", "blue"])
    model.parameter("thickness", ["1 cm", "2 cm"], "Thickness of the layers", vector="layer", padded=True)
    return model


@pytest.fixture
def boxes(bare):
    bare.group("box", Box, "colour", length="cm", width="m")
    bare.group("layers", Layers, thickness="mm", length="mm")

    @bare.quantity("m^3")
    def volume(box, depth):
        """Area times depth. Source: definition."""
        return box.area * depth

    @bare.kernel("cm*m", error=True, width="m")
    def painted(box, width):
        """The area if it is red; `width` beside the group. Source: none."""
        assert np.array_equal(width, box.width)
        red = box.area * (box.colour == "red")
        return red, 0.01 * red

    @bare.kernel("mm^2")
    def coat(layers):
        """All layers along the length; the vector has the last axis. Source: none."""
        return layers.thickness.sum(axis=-1) * layers.length

    @bare.integral("m^4", over="depth", lower="width", upper="length")
    def filled(box, depth):
        """∫ dz area z. Source: none."""
        return box.area * depth

    @bare.quantity("m")
    def diagonal(length, width):
        """Of members by name, without the group. Source: Pythagoras."""
        return np.sqrt(length**2 + width**2)

    return bare.check()


def test_the_members_are_what_a_quantity_depends_on(boxes):
    assert boxes["volume"].arguments == ("colour", "length", "width", "depth")
    assert boxes["volume"].takes == ("box", "depth")
    assert set(boxes["filled"].needs) == {"colour", "length", "width", "depth"}
    assert list(boxes.groups) == ["box", "layers"]
    assert repr(boxes) == "<Model boxes: 5 parameters, 7 quantities>"


def test_a_formula_gets_one_instance_in_base_units_and_a_kernel_in_those_of_the_group(boxes):
    found = boxes.evaluate(["volume", "painted", "painted_error", "coat", "filled", "diagonal"])
    assert float(found.volume) == 1.0
    # In cm × m, and back.
    assert float(found.painted) == 100.0
    assert float(found.painted_error) == 1.0
    assert float(found.coat) == pytest.approx(30.0 * 2000.0, rel=1e-14)
    assert float(found.filled) == pytest.approx(1.0 * (2.0**2 - 0.5**2) / 2, rel=1e-14)
    assert float(found.diagonal) == pytest.approx(np.hypot(2.0, 0.5), rel=1e-14)


def test_members_are_axes_and_a_formula_of_one_member_depends_on_that_alone(boxes):
    axes = {"length": ["1 m", "2 m"], "width": ["1 m", "2 m", "3 m"], "colour": ["red", "blue"]}
    found = boxes.evaluate(["volume", "painted", "diagonal", "coat"], **axes)
    assert found.volume.dims == found.painted.dims == ("length", "width", "colour")
    assert found.diagonal.dims == ("length", "width")
    assert found.coat.dims == ("length",)
    np.testing.assert_array_equal(found.volume.sel(colour="red"), np.outer([1.0, 2.0], [1.0, 2.0, 3.0]))
    assert not found.painted.sel(colour="blue").any()


def test_vectors_of_several_lengths_are_members(boxes):
    found = boxes.evaluate("coat", thickness=[["1 cm"], ["1 cm", "1 cm", "3 cm"]])
    # A shorter list is padded, and its kernel sees the padding.
    assert found.values.tolist() == [3 * 10 * 2000.0, 50 * 2000.0]


def test_the_order_of_declarations_does_not_matter(bare):
    @bare.quantity("m^3")
    def volume(box, depth):
        return box.area * depth

    with pytest.raises(ModelError, match=r"'volume' .* takes the unknown name 'box'"):
        bare.evaluate("volume")
    bare.group("box", Box, length="m", width="m")
    assert float(bare.evaluate("volume")) == 1.0


def test_a_wrong_unit_is_found_in_the_formula_with_the_members_named(bare):
    bare.group("box", Box, length="m", width="m")

    @bare.quantity("m^2")
    def area(box, depth):
        return box.area * depth

    with pytest.raises(UnitError, match=r"gives 'cm\*m\^2'.*its arguments are length \[m\], width \[cm\], depth \[m\]"):
        bare.evaluate("area")


def test_the_unit_of_a_member_is_compared_with_that_of_the_group(bare):
    bare.group("box", Box, length="kg", width="m")

    @bare.kernel("m^2")
    def area(box):
        return box.area

    with pytest.raises(ModelError, match="the group 'box' has 'length' in 'kg', expected a unit like 'm'"):
        bare.evaluate("area")


@pytest.mark.parametrize(
    ("kind", "words", "units", "message"),
    [
        (Box, (), {"length": "m", "widht": "m"}, "Box has no field 'widht'; did you mean 'width'"),
        (Box, (), {"length": "m"}, "group 'box' needs width, for which Box has no default"),
        (Box, ("length",), {"length": "m", "width": "m"}, "group 'box' has the member 'length' twice"),
        (Box(1, 2), (), {}, "group 'box' needs a class"),
    ],
)
def test_a_class_that_does_not_fit_is_refused(bare, kind, words, units, message):
    with pytest.raises(ModelError, match=message):
        bare.group("box", kind, *words, **units)


def test_names_are_declared_once(boxes):
    with pytest.raises(ModelError, match="the name 'box' is declared twice"):
        boxes.parameter("box", 1, "Taken")
    with pytest.raises(ModelError, match="the name 'depth' is declared twice"):
        boxes.group("depth", Box, length="m", width="m")


def test_unknown_members_idle_groups_and_double_units_are_refused(bare):
    bare.group("box", Box, length="m", width="m", holes="1")
    bare.quantity("m^2")(_area_of_box)
    with pytest.raises(ModelError, match=r"'_area_of_box' .* takes the unknown name 'holes'"):
        bare.check()
    idle = gs.Model("idle", "Idle")
    idle.parameter("length", "1 m", "Length")
    idle.parameter("width", "1 m", "Width")
    idle.group("box", Box, length="m", width="m")
    idle.quantity("m^2")(_area)
    with pytest.raises(ModelError, match="no quantity uses the group 'box'"):
        idle.check()
    with pytest.raises(UnitError, match=r"gives a unit for the group 'box'.*remove it"):
        idle.kernel("m^2", box="m")(_area_of_box)
    with pytest.raises(UnitError, match="takes 'width' in 'cm', but has it in 'm' from the group 'box'"):
        idle.kernel("m^2", width="cm")(_area_of_box_and_width)


def _area(length, width):
    return length * width


def _area_of_box(box):
    return box.area


def _area_of_box_and_width(box, width):
    return box.area + 0 * width


def test_a_replacement_names_the_group_or_its_members(boxes):
    def by_group(box, depth):
        return 2 * box.area * depth

    def by_members(length, width, depth):
        return 3 * length * width * depth

    assert float(boxes.replace(volume=by_group).evaluate("volume")) == 2.0
    by_name = boxes.replace(volume=by_members)
    assert by_name.evaluate("volume", colour=["red", "blue"], length=["1 m", "2 m"]).dims == ("length",)
    kernel = gs.kernel("m^3", depth="m")(lambda box, depth: box.length / 100 * box.width * depth)
    assert float(boxes.replace(volume=kernel).evaluate("volume")) == 1.0
    with pytest.raises(ModelError, match="has no quantity 'box' to replace"):
        boxes.replace(box=by_group)


def test_a_copy_has_groups_of_its_own(boxes):
    other = boxes.copy()
    other.group("pair", Layers, thickness="mm", length="mm")
    assert "pair" in other.groups
    assert "pair" not in boxes.groups


def test_a_member_can_be_computed_by_a_function(boxes):
    twice = boxes.replace(width=lambda length: 2 * length)
    assert float(twice.evaluate("volume")) == 8.0
    assert twice.evaluate("volume", length=["1 m", "3 m"]).values.tolist() == [2.0, 18.0]


def test_a_kernel_takes_a_function_whose_formula_takes_a_group(boxes):
    @boxes.kernel("m^4", functions={"volume": ["depth"]}, volume="m^3", depth="m")
    def summed(volume):
        points = np.arange(int(np.prod(volume.shape)))
        depths = np.broadcast_to(np.array([0.5, 1.5]), (points.size, 2))
        return volume(points, depth=depths).sum(axis=-1).reshape(volume.shape)

    found = boxes.evaluate("summed", length=["1 m", "2 m"], width=["1 m", "2 m", "3 m"])
    np.testing.assert_allclose(found[..., :], 2 * np.outer([1.0, 2.0], [1.0, 2.0, 3.0]))


MODEL = """
    from dataclasses import dataclass
    from typing import Any

    import numpy as np

    import gridscan as gs


    @dataclass(frozen=True)
    class Box:
        length: Any
        width: Any

        def area(self):
            return self.length * self.width


    model = gs.Model("boxes", "Boxes")
    model.parameter("length", "2 m", "Length")
    model.parameter("width", "1 m", "Width")
    model.parameter("depth", "1 m", "Depth")
    model.group("box", Box, length="m", width="m")


    @model.kernel("m^2")
    def area(box):
        return box.area()


    @model.quantity("m^3")
    def volume(box, depth):
        return box.area() * depth


    @model.quantity("m")
    def diagonal(length, width):
        return np.hypot(length, width)


    @model.population(
        "ball", long_name="balls", columns={"x": ("m", "position"), "y": ("m", "position")}, depth="cm"
    )
    def balls(generator, size, box, depth):
        count = int(depth) if size is None else size
        return {"x": box.length * generator.random(count), "y": box.width * generator.random(count)}
"""
SCENARIO = """
    model = "boxes"

    [axes]
    length = ["1 m", "2 m", "4 m"]
    width = {{ linspace = [1, 5, 40], unit = "m" }}

    [output]
    quantities = [{quantities}]
    path = "{path}.nc"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.py").write_text(textwrap.dedent(MODEL), encoding="utf-8")
    for path, quantities in (("all", '"area", "volume", "diagonal"'), ("other", '"area", "volume", "diagonal"')):
        text = textwrap.dedent(SCENARIO).format(path=path, quantities=quantities)
        (tmp_path / f"{path}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def _load(folder):
    return load_model(f"{folder / 'model.py'}:model")


def test_workers_are_sent_the_class_of_a_model_file(folder):
    model = _load(folder)
    here = gs.open(gs.run(folder / "all.toml", model=model))
    there = gs.open(gs.run(folder / "other.toml", model=model, workers=1))
    for name in ("area", "volume", "diagonal"):
        np.testing.assert_array_equal(there[name], here[name])
    np.testing.assert_array_equal(here["area"], here.length * here.width)


def _edit(folder, old, new):
    path = folder / "model.py"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "touched"),
    [
        ("return self.length * self.width", "return 2 * self.length * self.width", {"area", "volume"}),
        ("    width: Any\n", "    width: Any\n    height: Any = 1.0\n", {"area", "volume"}),
        ("return box.area() * depth", "return depth * box.area()", {"volume"}),
        ('Box, length="m"', 'Box, length="cm"', {"area"}),
        ('"Depth"', '"How deep"', set()),
    ],
)
def test_an_edit_of_the_class_makes_what_takes_the_group_stale_and_nothing_else(folder, old, new, touched):
    from gridscan.engine.reuse.fingerprint import code_behind
    from gridscan.evaluation.layout import lay_out
    from gridscan.inputs.resolve import resolve

    def codes():
        layout = lay_out(resolve(_load(folder), {}), ["area", "volume", "diagonal"])
        return code_behind(layout, ["area", "volume", "diagonal"])

    before = codes()
    _edit(folder, old, new)
    after = codes()
    assert {name for name in before if before[name] != after[name]} == touched


def test_the_code_of_a_class_is_said_by_its_name(folder):
    model = _load(folder)
    before = code_of(*model["volume"].callables)
    _edit(folder, "return self.length * self.width", "return self.width * self.length")
    after = code_of(*_load(folder)["volume"].callables)
    assert "function Box.area of model.py has changed" in changes(before, after)


def test_a_population_takes_a_group(folder):
    drawn = gs.sample(folder / "all.toml", "balls", model=_load(folder), at={"length": "4 m", "width": "5 m"})
    assert drawn.sizes["ball"] == 100
    assert 3.5 < float(drawn.x.max()) < 4.0
    assert 4.5 < float(drawn.y.max()) < 5.0
    assert {"length", "width", "depth"} <= set(drawn.coords)


def test_descriptions_tell_the_members(boxes):
    from gridscan.cli.report import node_report

    shown = "\n".join(str(part) for part in node_report(boxes, "volume", {}).renderables)
    assert "volume(colour, length, width, depth)" in shown
    assert "Inputs: colour, depth, length, width" in shown


def test_a_member_in_a_unit_of_another_dimension_is_a_fault_of_the_model():
    model = Model("box", "A box")
    model.parameter("width", "1 m", "Width")

    class Sides(NamedTuple):
        width: Any

    model.group("sides", Sides, width="s")

    @model.quantity("m", long_name="perimeter")
    def perimeter(sides):
        """4 w. Source: definition."""
        return 4 * sides.width

    with pytest.raises(ModelError, match="the group 'sides' has 'width' in 's', expected a unit like 'm'"):
        model.check()
