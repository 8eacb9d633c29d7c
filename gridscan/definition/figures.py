"""Figures that a model declares: what each shows, what it needs, and the function that draws it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from gridscan.errors import ModelError, listed, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable


#: The kinds of picture that need no model.
GENERAL_KINDS = {
    "quantity": "one quantity: bars for labels, lines for a numeric axis, a map for two axes",
    "violins": "the distribution of one quantity over its draws, for each label",
    "corner": "quantities and the parameters that were drawn, against one another",
    "hertzsprung-russell": "the isochrones or the track in FILE, a stellar table",
}

#: The value of ``--kind`` that lists all kinds.
LIST = "list"

Settings = Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Figure:
    """One kind of picture of the results of a model.

    Attributes
    ----------
    kind
        Its name for ``gridscan plot FILE --kind``.
    description
        What it shows, in a few words.
    draw
        ``draw(dataset, **options)`` returns matplotlib Axes; None for a figure that is a movie only.
    movie
        ``movie(dataset, path, **options)`` writes a movie and returns its path; None where there is none. If it has an
        argument ``force``, it refuses by itself to replace files of others.
    quantities
        Quantities that the dataset needs; those that a file lacks are evaluated.
    others
        Whether other quantities can be asked for: "none", "one" in place of the first of `quantities` (which are then
        alternatives, of which the first in the result is drawn), or "any" number in place of all. The functions
        take its name, or their names, as a further argument.
    axes
        Axes that every quantity shown needs.
    settings
        Values that a scenario needs for it, by name, used where the scenario gives none.
    population
        Name of the population whose sample it shows, in place of a result. Then `settings` may be a function of the
        sample, and `quantities` are evaluated with them at the point of the sample; the functions take this second
        dataset as a further argument.
    options
        Names of keyword arguments of the functions that a user may give.
    """

    kind: str
    description: str
    draw: Callable[..., Any] | None = None
    movie: Callable[..., Any] | None = None
    quantities: tuple[str, ...] = ()
    others: Literal["none", "one", "any"] = "none"
    axes: tuple[str, ...] = ()
    settings: Settings = field(default_factory=dict)
    population: str | None = None
    options: tuple[str, ...] = ()

    def shown(self, known: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
        """Return the quantities of a result that it shows.

        Parameters
        ----------
        known
            The axes of each quantity in the result.

        Returns
        -------
        tuple of str
            Names of quantities.
        """
        if self.others != "one":
            return self.quantities
        fitting = [name for name, axes in known.items() if self.axes and set(self.axes) <= set(axes)]
        alternatives = [name for name in known if name in self.quantities]
        return tuple([*fitting, *alternatives, *self.quantities][:1])

    def check_asked(self, names: Iterable[str]) -> None:
        """Refuse quantities that the figure cannot show instead of its own.

        Parameters
        ----------
        names
            Quantities that were asked for.

        Raises
        ------
        ModelError
            If it cannot show them; the message says what is allowed.
        """
        names = list(names)
        if names and self.others == "none":
            raise ModelError(f"--kind {self.kind} takes no quantity; remove {names[0]!r}")
        if len(names) > 1 and self.others == "one":
            raise ModelError(f"--kind {self.kind} shows one quantity; found {len(names)}: {listed(names)}")

    def arguments(self, names: Iterable[str]) -> tuple[Any, ...]:
        """Return the further arguments of `draw` and `movie` that name the quantities to show.

        Parameters
        ----------
        names
            Quantities that were asked for.

        Returns
        -------
        tuple
            None, one name, or a list of names.
        """
        found: dict[str, tuple[Any, ...]] = {"none": (), "one": tuple(names), "any": (list(names),)}
        return found[self.others]

    @property
    def needed(self) -> tuple[str, ...]:
        """Names of the model that it cannot do without."""
        given = self.settings if isinstance(self.settings, Mapping) else {}
        return (*self.quantities, *self.axes, *given)

    @property
    def all_options(self) -> tuple[str, ...]:
        """Names of the options that a user may give, among them the seed of a random sample."""
        return (*self.options, "seed") if self.population is not None else self.options

    def options_of(self, function: Callable[..., Any]) -> tuple[str, ...]:
        """Return the options that one of its functions takes.

        Parameters
        ----------
        function
            `draw` or `movie`.

        Returns
        -------
        tuple of str
            Names of keyword arguments.
        """
        return tuple(name for name in self.options if name in inspect.signature(function).parameters)


@dataclass(frozen=True)
class Example:
    """A picture of the gallery.

    Attributes
    ----------
    name
        Name of its file, without the suffix.
    description
        What it shows.
    kind
        A figure of the model, ``"quantity"``, or a question to a result, whose answer is drawn: ``"discriminate"``,
        ``"variance_shares"`` or ``"local"``.
    quantities
        Quantities shown or asked about; those of the figure by default.
    scenario
        A shipped scenario that `settings` are added to; by default one without any values.
    settings
        Values of inputs, by name; a list or a table makes an axis.
    at
        Values of axes.
    options
        Options of the figure, or of the question.
    seed
        Seed of a sample.
    """

    name: str
    description: str
    kind: str
    quantities: tuple[str, ...] = ()
    scenario: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    at: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None


def flags(options: Iterable[str]) -> list[str]:
    """Return options in the form of the command line, ``--mark-below``.

    Parameters
    ----------
    options
        Names of keyword arguments.

    Returns
    -------
    list of str
        Options with dashes.
    """
    return [f"--{option.replace('_', '-')}" for option in options]


class HasFigures(Protocol):
    """A model, as far as its figures are concerned."""

    name: str

    @property
    def figures(self) -> dict[str, Figure]:
        """The figures by kind."""


def figure_of(model: HasFigures, kind: str) -> Figure:
    """Return the figure of a kind.

    Parameters
    ----------
    model
        The model.
    kind
        Its name for ``--kind``.

    Returns
    -------
    Figure
        The figure.

    Raises
    ------
    ModelError
        If the model has none; the message gives the nearest kind and lists all.
    """
    figures = model.figures
    if kind not in figures:
        kinds = [*GENERAL_KINDS, *figures]
        hint = nearest(kind, kinds)
        raise ModelError(f"model {model.name!r} has no figure {kind!r}{hint}; kinds are {listed(kinds, 20)}")
    return figures[kind]
