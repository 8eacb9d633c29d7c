"""Reading angles as catalogues write them: sexagesimal in hours or degrees, or a number with a unit."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from gridscan.errors import UnitError
from gridscan.units.definitions import Quantity, base_unit, registry
from gridscan.units.reading import parse_quantity, refuse_fortran_exponent

if TYPE_CHECKING:
    import pint

_DECIMAL = r"(?:\d+(?:\.\d*)?|\.\d+)"
_SEXAGESIMAL = re.compile(
    r"(?P<sign>[+-]?)\s*(?P<whole>\d+)(?:"
    rf"\s*:\s*(?P<minutes>{_DECIMAL})(?:\s*:\s*(?P<seconds>{_DECIMAL}))?"
    rf"|\s+(?P<minutes_>{_DECIMAL})(?:\s+(?P<seconds_>{_DECIMAL}))?)"
)


def _lettered(whole: str, minutes: str, seconds: str) -> re.Pattern[str]:
    """Match parts with letters or signs behind them; that of seconds may be missing behind minutes."""
    return re.compile(
        rf"(?P<sign>[+-]?)\s*(?P<whole>{_DECIMAL}(?:e[+-]?\d{{1,3}})?)\s*(?:{whole})(?:\s*(?P<minutes>{_DECIMAL})\s*(?:{minutes}))?"
        rf"(?:\s*(?P<seconds>{_DECIMAL})\s*(?:{seconds}|(?(minutes)$|(?!))))?",
        re.IGNORECASE,
    )


_HOURS = _lettered("hourangle|hours?|hrs?|[hʰ]", "min|[mᵐ]", "sec|[sˢ]")
_DEGREES = _lettered("degrees?|deg|[d°º]", "min|[m'′’]", "sec|''|[s\"″”]")
_BARE_PART = re.compile(rf"[+-]?\s*{_DECIMAL}\s*(?:min|[mᵐ]|sec|[sˢ])", re.IGNORECASE)
_NO_LETTER = re.compile(rf"[+-]?\d+[hd]\s*{_DECIMAL}", re.IGNORECASE)
_MARKS = {"'": "arcmin", "′": "arcmin", "’": "arcmin", '"': "arcsec", "″": "arcsec", "”": "arcsec"}
_UPPER_CASE = re.compile(r"(?<![^\W\d_])(?:DEG|G?RAD|ARCMIN|ARCSEC|MAS)$", re.IGNORECASE)
_LONGEST_TEXT = 200
_MINUS_SIGNS = str.maketrans("−–", "--")
_EXAMPLES = "'23h23m24s', '+58d49m00s' or '111.7 deg'"


def parse_angle(text: str, colons: Literal["hours", "degrees"] = "degrees") -> pint.Quantity[Any]:
    """Read an angle, such as ``"05h35m28s"``, ``"-69:16:11"``, ``"6 hourangle"`` or ``"1e-05 deg"``.

    Parameters
    ----------
    text
        A number with the unit of an angle; hours or degrees, minutes and seconds with their letters or signs; or the
        same with colons or blanks between them.
    colons
        What the first of the numbers with colons or blanks between them counts: hours for a right ascension, degrees
        for every other angle.

    Returns
    -------
    pint.Quantity
        In degrees where hours or degrees are written, otherwise in the unit that is.

    Raises
    ------
    UnitError
        If the text is not an angle with its unit, has more than 24 hours or a part of 60 minutes or seconds or more, or
        minutes alone, which may be of time or of arc.

    Notes
    -----
    An hour is 15 degrees, and a minute of it 15 arc minutes. A number in degrees is the binary one closest to what is
    written.

    Examples
    --------
    >>> from gridscan.units.angles import parse_angle
    >>> float(parse_angle("05:35:28", "hours").m_as("deg")), float(parse_angle("-69:16:11").m_as("deg"))
    (83.86666666666666, -69.26972222222223)
    """
    stripped = text.strip().translate(_MINUS_SIGNS)
    if len(stripped) > _LONGEST_TEXT:
        raise UnitError(f"an angle cannot have {len(stripped)} characters: {stripped[:40]!r}…")
    if found := _SEXAGESIMAL.fullmatch(stripped):
        parts = [found["whole"], found["minutes"] or found["minutes_"], found["seconds"] or found["seconds_"]]
        return _in_degrees(text, found["sign"], parts, hours=colons == "hours")
    for pattern in (_HOURS, _DEGREES):
        if found := pattern.fullmatch(stripped):
            parts = list(found.group("whole", "minutes", "seconds"))
            return _in_degrees(text, found["sign"], parts, hours=pattern is _HOURS)
    if _BARE_PART.fullmatch(stripped):
        raise UnitError(
            f"{text!r} can be minutes or seconds of time or of arc; write them as in '0h30m', '0d30m' or '30 arcmin'"
        )
    if _NO_LETTER.fullmatch(stripped):
        raise UnitError(f"{text!r} has no letter behind its minutes; write '{stripped}m'")
    return _number_with_unit(text, stripped)


def counts_hours(text: str) -> bool:
    """Return whether a text is an angle in hours by its letters: ``"5h35m"``, but not ``"5:35"``.

    Parameters
    ----------
    text
        The text.

    Returns
    -------
    bool
        False also for what is not an angle.

    Examples
    --------
    >>> from gridscan.units.angles import counts_hours
    >>> counts_hours("6 hourangle"), counts_hours("-69d16m")
    (True, False)
    """
    return _HOURS.fullmatch(text.strip().translate(_MINUS_SIGNS)[:_LONGEST_TEXT]) is not None


def _in_degrees(text: str, sign: str, parts: list[str | None], *, hours: bool) -> pint.Quantity[Any]:
    given = [part for part in parts if part is not None]
    if not all(part.isdigit() for part in given[:-1]):
        raise UnitError(f"{text!r} is not an angle: only the last of its parts can have decimals")
    whole, minutes, seconds = (Fraction(part or "0") for part in parts)
    for name, part in (("minutes", minutes), ("seconds", seconds)):
        if part >= 60:
            raise UnitError(f"{text!r} is not an angle: its {name} are {float(part):g}; they must be below 60")
    total = whole + minutes / 60 + seconds / 3600
    if hours and total > 24:
        raise UnitError(f"{text!r} is not an angle: it has more than 24 hours")
    degrees = float(total * 15 if hours else total)
    return Quantity(-degrees if sign == "-" else degrees, registry.deg)


def _number_with_unit(text: str, stripped: str) -> pint.Quantity[Any]:
    mark = _MARKS.get(stripped[-1:])
    spelling = f"{stripped[:-1]} {mark}" if mark else _UPPER_CASE.sub(lambda name: name[0].lower(), stripped)
    refuse_fortran_exponent(spelling)
    try:
        quantity = parse_quantity(spelling)
    except UnitError:
        quantity = None
    if quantity is None or base_unit(quantity.units) != registry.rad:
        raise UnitError(f"{text[:60]!r} is not an angle with its unit, such as {_EXAMPLES}")
    if not math.isfinite(quantity.magnitude):
        raise UnitError(f"{text!r} is not a finite angle")
    return quantity
