"""Drawing a figure of a model: find the result or sample that it shows, and compute what is missing."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridscan.atomic import check_place
from gridscan.cli.options import dataset_of, picked_at
from gridscan.cli.say import tell
from gridscan.definition.figures import flags
from gridscan.errors import GridscanError, ModelError, StoreError
from gridscan.marks.files import seal
from gridscan.storage.provenance import provenance_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import xarray as xr

    from gridscan.definition.figures import Figure
    from gridscan.model import Model
    from gridscan.scenario.reader import Scenario

MOVIES = (".gif", ".mp4")


@dataclass(frozen=True)
class Wanted:
    """What a figure is drawn from.

    Attributes
    ----------
    source
        A result, a sample, a scenario, or the name of a shipped scenario.
    model
        Used in place of the model that the scenario names.
    quantities
        Shown in place of those of the figure.
    overrides
        Values of inputs that win over those of the scenario.
    at
        Values of axes.
    seed
        Seed of a sample.
    """

    source: str | Scenario
    model: Model | None = None
    quantities: Sequence[str] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    at: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None

    @property
    def is_result(self) -> bool:
        """Whether the source is the file of a result or of a sample."""
        from gridscan.sources import RESULTS

        return isinstance(self.source, str) and Path(self.source).suffix in RESULTS

    def scenario(self, overrides: Mapping[str, Any] | None = None) -> Scenario:
        """Return the scenario of the source, with further overrides."""
        from gridscan.sources import find_scenario

        return find_scenario(self.source, model=self.model, overrides={**self.overrides, **(overrides or {})})


def model_of(wanted: Wanted) -> Model:
    """Return the model of a source.

    Raises
    ------
    GridscanError
        If the source names no model, or one that cannot be found.
    """
    if wanted.model is not None:
        return wanted.model
    if not wanted.is_result:
        return wanted.scenario().model
    from gridscan.model_loader import load_model

    name = dataset_of(str(wanted.source), {}).attrs.get("gridscan_model")
    if name is None:
        raise StoreError(f"{wanted.source}: does not name the model that made it; give it with --model")
    try:
        return load_model(str(name))
    except ModelError as error:
        raise ModelError(f"{wanted.source}: {error}") from None


def function_of(figure: Figure, path: Path, options: Mapping[str, Any]) -> Callable[..., Any]:
    """Return the function that draws a figure: as a movie if the suffix of the file is one, otherwise as a picture.

    Raises
    ------
    click.UsageError
        If there is no such function, or it does not take an option.
    """
    is_movie = path.suffix.lower() in MOVIES
    function = figure.movie if is_movie or figure.draw is None else figure.draw
    if function is None:
        raise click.UsageError(f"--kind {figure.kind} is a picture: give --out NAME.png, .pdf or .svg")
    for name in options:
        if name not in figure.options_of(function):
            other, suffix = ("picture", "png") if is_movie else ("movie", "gif or .mp4")
            raise click.UsageError(
                f"{flags([name])[0]} applies to a {other} of --kind {figure.kind}: give --out NAME.{suffix}"
            )
    return function


def drawn(figure: Figure, wanted: Wanted, options: Mapping[str, Any]) -> Any:
    """Draw a figure, and return its Axes."""
    assert figure.draw is not None
    dataset, further = data_for(figure, wanted)
    return figure.draw(dataset, *further, **options)


def filmed(figure: Figure, wanted: Wanted, path: Path, options: Mapping[str, Any], *, force: bool) -> Path:
    """Write the movie of a figure."""
    assert figure.movie is not None
    check_place(path, force=force)
    dataset, further = data_for(figure, wanted)
    if "force" in inspect.signature(figure.movie).parameters:
        return Path(figure.movie(dataset, path, *further, **options, force=force))
    made = Path(figure.movie(dataset, path, *further, **options))
    seal(made)
    return made


def data_for(figure: Figure, wanted: Wanted) -> tuple[xr.Dataset, tuple[Any, ...]]:
    """Return the arguments of the functions of a figure: the result or sample, and further ones."""
    if figure.population is not None:
        members = _sample(figure.population, wanted)
        return members, (_beside(figure, members, wanted.model),) if figure.quantities else ()
    names = tuple(wanted.quantities) or _shown(figure, wanted)
    further = figure.arguments(names)
    return _result(figure, names, wanted), further


def _shown(figure: Figure, wanted: Wanted) -> tuple[str, ...]:
    """Return the quantities that a figure shows by default."""
    if wanted.is_result:
        dataset = dataset_of(str(wanted.source), {})
        return figure.shown({str(name): [str(dim) for dim in item.dims] for name, item in dataset.data_vars.items()})
    return figure.shown(dict.fromkeys(wanted.scenario().quantities, ()))


def _result(figure: Figure, names: Sequence[str], wanted: Wanted) -> xr.Dataset:
    """Return the result if it holds what is shown; otherwise evaluate its scenario."""
    from gridscan.sources import find_scenario

    if wanted.is_result and not wanted.overrides:
        file = str(wanted.source)
        dataset = dataset_of(file, {})
        if wanted.model is None or wanted.model.name == dataset.attrs.get("gridscan_model"):
            lacking = _lacking(figure, names, dataset)
            if lacking is None:
                return picked_at(dataset, file, dict(wanted.at))
            tell(f"{file} lacks {lacking}: evaluating its scenario")
    scenario = wanted.scenario()
    assert not callable(figure.settings)
    settings = {name: value for name, value in figure.settings.items() if name not in scenario.resolved.given}
    dataset = evaluated(find_scenario(scenario, overrides=settings), names)
    return picked_at(dataset, scenario.name, dict(wanted.at))


def _lacking(figure: Figure, names: Sequence[str], dataset: xr.Dataset) -> str | None:
    """Return in words what a result lacks of the quantities to show, or None."""
    for name in names:
        if name not in dataset:
            return repr(name)
        axes = [axis for axis in figure.axes if axis not in dataset[name].dims]
        if axes:
            return f"{name!r} along {axes[0]!r}"
    return None


def evaluated(scenario: Scenario, quantities: Sequence[str]) -> xr.Dataset:
    """Evaluate quantities beyond those of the scenario; inputs without effect on them are then no error."""
    from gridscan.engine.plan import make_plan
    from gridscan.run import execute

    return execute(make_plan(scenario, quantities=quantities))


def _sample(population: str, wanted: Wanted) -> xr.Dataset:
    """Return the sample in a file if it fits what is wanted; otherwise draw one."""
    if wanted.is_result and not (wanted.at or wanted.overrides or wanted.seed is not None):
        members = dataset_of(str(wanted.source), {})
        if members.attrs.get("gridscan_population") == population:
            return members
    from gridscan.sample import sample

    options: dict[str, Any] = {"model": wanted.model, "overrides": wanted.overrides}
    return sample(wanted.source, population, at=wanted.at, seed=wanted.seed, **options)


def _beside(figure: Figure, members: xr.Dataset, model: Model | None) -> xr.Dataset:
    """Evaluate the quantities of a figure at the point of a sample."""
    from gridscan.scenario.reader import Scenario

    provenance = provenance_in(members, "the sample")
    settings = figure.settings(members) if callable(figure.settings) else figure.settings
    scenario = Scenario.parse(
        provenance.scenario,
        name=provenance.scenario_name,
        model=model,
        overrides={**provenance.overrides, **settings},
        tables=provenance.tables,
    )
    return evaluated(scenario, figure.quantities)


def figures_by_model() -> dict[str, dict[str, Figure] | str]:
    """Return the figures of each installed model, or one line on why it cannot be loaded."""
    from gridscan.model_loader import installed_models

    found: dict[str, dict[str, Figure] | str] = {}
    for name, item in installed_models().items():
        try:
            found[name] = item.load().figures
        except GridscanError as error:
            found[name] = str(error)
    return found
