"""Messages about a formula: what is wrong, and where in its text."""

from __future__ import annotations

from gridscan.errors import ExpressionError

_SHOWN = 60


def fault(text: str, position: int, what: str, hint: str = "") -> ExpressionError:
    """Return the error for a fault of a formula.

    Parameters
    ----------
    text
        The formula.
    position
        Where the fault is, counted from 0.
    what
        What is wrong.
    hint
        What is allowed, or the nearest name; it follows the place.

    Returns
    -------
    ExpressionError
        With one line.

    Examples
    --------
    >>> from gridscan.expressions.faults import fault
    >>> print(fault("flux / mas", 7, "unknown name 'mas'", "; did you mean 'mass'?"))
    unknown name 'mas', at character 8 of 'flux / mas'; did you mean 'mass'?
    """
    place = f"at character {position + 1}" if position < len(text) else "at the end"
    return ExpressionError(f"{what}, {place} of {_excerpt(text, position)!r}{hint}", position=position)


def _excerpt(text: str, position: int) -> str:
    """Return the text, or of a long one the part around a place."""
    flat = " ".join(text.splitlines())
    if len(flat) <= _SHOWN:
        return flat
    start = max(0, min(position - _SHOWN // 2, len(flat) - _SHOWN))
    end = start + _SHOWN
    return ("…" if start else "") + flat[start:end] + ("…" if end < len(flat) else "")
