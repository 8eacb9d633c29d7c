"""The tables of a scenario that say what is not known: [uncertain], [[correlated]] and [design]."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from gridscan.errors import listed, nearest
from gridscan.inputs.faults import Fault, shown
from gridscan.inputs.uncertain import Uncertainty
from gridscan.inputs.value_reader import Given
from gridscan.uncertainty.designs import DRAW, Design

if TYPE_CHECKING:
    from collections.abc import Mapping

_DESIGN = "design."


def uncertain_values(content: Mapping[str, Any], faults: list[Fault]) -> dict[str, Given]:
    """Return what stands under [uncertain].

    Parameters
    ----------
    content
        The scenario.
    faults
        Takes the fault of each name that is given elsewhere too.

    Returns
    -------
    dict of str to Given
        Raw distributions by name.
    """
    given = {}
    axes = content["axes"] if isinstance(content.get("axes"), dict) else {}
    zipped = axes["zip"].values() if isinstance(axes.get("zip"), dict) else []
    on_axes = {*axes, *(name for members in zipped if isinstance(members, dict) for name in members)} - {"zip"}
    uncertain = content.get("uncertain")
    for name, value in uncertain.items() if isinstance(uncertain, dict) else ():
        if name in on_axes:
            message = f"{name!r} is given twice, here and in [axes]"
            faults.append(Fault(("uncertain", name), message, at_key=True))
        else:
            given[name] = Given(value, ("uncertain", name), DRAW)
    return given


def uncertainty_of(content: Mapping[str, Any], overrides: Mapping[str, Any], faults: list[Fault]) -> Uncertainty:
    """Return what a scenario says of all that is uncertain together.

    Parameters
    ----------
    content
        The scenario.
    overrides
        Values that win over it; those of the design have names such as ``design.points``.
    faults
        Takes what is wrong with these; what is wrong with the design of the scenario, its schema says.

    Returns
    -------
    Uncertainty
        With the default design where that of the scenario is wrong.
    """
    uncertain, correlated = content.get("uncertain"), content.get("correlated")
    design = Design()
    path: tuple[str, ...] | None = None
    with contextlib.suppress(ValidationError):
        design = Design.model_validate(content.get("design", {}))
        path = ("design",) if "design" in content else None
    for name, value in overrides.items():
        if of_design(name):
            path = path or ("--set", name)
            design = _changed(design, name, value, faults)
    tables = enumerate(correlated) if isinstance(correlated, list) else ()
    return Uncertainty(
        tuple(uncertain) if isinstance(uncertain, dict) else (),
        tuple((item, ("correlated", index)) for index, item in tables if isinstance(item, dict)),
        design,
        path,
    )


def of_design(name: str) -> bool:
    """Tell whether the name of an override is that of a key of the design.

    Parameters
    ----------
    name
        Any name.

    Returns
    -------
    bool
        True for such as ``design.points``.
    """
    return name.startswith(_DESIGN)


def _changed(design: Design, name: str, value: Any, faults: list[Fault]) -> Design:
    key = name.removeprefix(_DESIGN)
    try:
        return Design.model_validate({**design.model_dump(), key: value})
    except ValidationError as error:
        item = error.errors()[0]
        if key in Design.model_fields:
            message = f"{item['msg'].lower()}, found {shown(value)}"
        else:
            message = (
                f"unknown key {key!r}{nearest(key, Design.model_fields)}; allowed are {listed(Design.model_fields)}"
            )
        faults.append(Fault(("--set", name), message))
        return design
