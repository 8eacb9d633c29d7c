"""What is said of all uncertain parameters together, and what was drawn of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gridscan.errors import ScenarioError
from gridscan.inputs.faults import shown
from gridscan.uncertainty.designs import Design, uniforms

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridscan.inputs.faults import Path
    from gridscan.uncertainty.designs import Uniforms


@dataclass(frozen=True)
class Uncertainty:
    """What is said of all uncertain parameters together.

    Attributes
    ----------
    written
        Names under [uncertain] in their order, those that are overridden among them: each keeps its random numbers.
    correlated
        Tables of correlated parameters, with their paths.
    design
        How draws are made.
    design_path
        Where that is said, if it is.
    numbers
        Makes the random numbers of a design.
    """

    written: tuple[str, ...] = ()
    correlated: tuple[tuple[Any, Path], ...] = ()
    design: Design = field(default_factory=Design)
    design_path: Path | None = None
    numbers: Callable[[Design, Mapping[str, int]], Mapping[str, Uniforms]] = uniforms


def uncertainty_of(design: Any, correlated: Any) -> Uncertainty:
    """Return what is said in Python of all uncertain parameters together.

    Parameters
    ----------
    design
        How draws are made; None for the default.
    correlated
        Tables of correlated parameters.

    Returns
    -------
    Uncertainty
        With their order as path of each table.

    Raises
    ------
    ScenarioError
        If it is not a design, or not tables.
    """
    if design is not None and not isinstance(design, Design):
        raise ScenarioError(f"design takes a gs.Design, such as gs.Design(points=1024), found {shown(design)}")
    tables = [correlated] if isinstance(correlated, Mapping) else correlated
    if not isinstance(tables, list | tuple):
        raise ScenarioError(f"correlated takes a list of what gs.correlated returns, found {shown(correlated)}")
    paths = tuple((table, ("correlated", index)) for index, table in enumerate(tables))
    return Uncertainty((), paths, design or Design(), None if design is None else ("design",))


@dataclass(frozen=True)
class Drawn:
    """What was drawn.

    Attributes
    ----------
    design
        How.
    described
        By name, its distribution in words.
    dimensions
        By name, its dimension of the design.
    """

    design: Design
    described: dict[str, str]
    dimensions: dict[str, int]
