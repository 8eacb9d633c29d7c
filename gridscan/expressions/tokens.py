"""A formula cut into numbers, quoted values, names and signs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gridscan.errors import ExpressionError

#: The longest formula, in characters.
LONGEST = 2000
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)"
    r"|(?P<quoted>'[^'\n]*'|\"[^\"\n]*\")|(?P<sign>\*\*|[-+*/(),]))"
)
_HINTS = {
    "^": "; write ** for a power",
    ".": "; names have no parts",
    "[": "; a formula takes whole quantities",
    "=": "; write NAME = FORMULA outside it",
    "%": "; write a share as '1 %'",
    "'": "; its closing quote is missing",
    '"': "; its closing quote is missing",
}
_SIGNS = "; a formula has names, numbers, '3 Myr', + - * / ** and parentheses"


@dataclass(frozen=True)
class Token:
    """A piece of a formula, and where it begins: a number, a name, something quoted, a sign, or the end."""

    kind: str
    text: str
    at: int


def tokens_of(text: str) -> list[Token]:
    """Cut a formula into pieces.

    Parameters
    ----------
    text
        The formula.

    Returns
    -------
    list of Token
        The last one is the end.

    Raises
    ------
    ExpressionError
        If it is too long, or has a sign that no formula has.
    """
    if len(text) > LONGEST:
        raise ExpressionError(
            f"a formula has at most {LONGEST:,} characters, found {len(text):,}", text=text, position=LONGEST
        )
    found: list[Token] = []
    position = 0
    while match := _TOKEN.match(text, position):
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind], match.start(kind)))
        position = match.end()
    end = len(text.rstrip())
    if position < end:
        position = end - len(text[position:end].lstrip())
        raise ExpressionError(
            f"did not expect {text[position]!r}", _HINTS.get(text[position], _SIGNS), text=text, position=position
        )
    return [*found, Token("end", "", len(text))]
