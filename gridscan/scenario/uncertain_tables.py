"""The tables of a scenario that say what is not known: [uncertain], [[correlated]] and [design]."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from gridscan.inputs.draws import Uncertainty
from gridscan.inputs.faults import Fault
from gridscan.inputs.value_reader import Given
from gridscan.uncertainty.designs import DRAW, Design

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def uncertainty_of(content: Mapping[str, Any]) -> Uncertainty:
    """Return what a scenario says of all that is uncertain together.

    Parameters
    ----------
    content
        The scenario.

    Returns
    -------
    Uncertainty
        With the default design where that of the scenario is wrong, which its schema says.
    """
    uncertain, correlated = content.get("uncertain"), content.get("correlated")
    design, design_path = Design(), None
    with contextlib.suppress(ValidationError):
        design = Design.model_validate(content.get("design", {}))
        design_path = ("design",) if "design" in content else None
    tables = enumerate(correlated) if isinstance(correlated, list) else ()
    return Uncertainty(
        tuple(uncertain) if isinstance(uncertain, dict) else (),
        tuple((item, ("correlated", index)) for index, item in tables if isinstance(item, dict)),
        design,
        design_path,
    )
