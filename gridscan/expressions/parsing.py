"""From the text of a formula to its parts. Nothing in the text is ever executed.

::

    sum      = ["+" | "-"] product { ("+" | "-") product }
    product  = signed { ("*" | "/") signed }
    signed   = ("+" | "-") signed | power
    power    = atom ["**" exponent]
    atom     = number | "'" number unit "'" | name | function "(" sum { "," sum } ")" | "(" sum ")"
    exponent = ["+" | "-"] number | "(" ["+" | "-"] number ["/" number] ")"
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gridscan.errors import ExpressionError, UnitError, listed, nearest
from gridscan.expressions.functions import FUNCTIONS
from gridscan.expressions.nodes import Call, Name, Node, Number, Power, Product, Sum
from gridscan.expressions.tokens import Token, tokens_of
from gridscan.units import parse_quantity, readable

#: How deep parentheses, functions and signs may be nested.
DEEPEST = 50
#: The largest exponent.
LARGEST_EXPONENT = 100


def parse(text: str) -> Node:
    """Read a formula.

    Parameters
    ----------
    text
        Names, numbers, ``'3 Myr'``, ``+ - * / **``, parentheses, and the functions of a fixed list.

    Returns
    -------
    Node
        Its parts.

    Raises
    ------
    ExpressionError
        If it is not a formula; the message says what was found, and where.

    Examples
    --------
    >>> from gridscan.expressions.nodes import names_in
    >>> from gridscan.expressions.parsing import parse
    >>> list(names_in(parse("sqrt(mass / '2 kt') * exp(-time / lifetime) ** 2")))
    ['mass', 'time', 'lifetime']
    >>> parse("flux ^ 2")
    Traceback (most recent call last):
    gridscan.errors.ExpressionError: did not expect '^', at character 6 of 'flux ^ 2'; write ** for a power
    """
    reader = _Reader(text, tokens_of(text))
    if reader.next.kind == "end":
        raise ExpressionError("there is no formula", text=text, position=0)
    node = reader.sum()
    if reader.next.kind != "end":
        raise reader.unexpected()
    return node


@dataclass
class _Reader:
    """Reads pieces from left to right."""

    text: str
    tokens: list[Token]
    position: int = 0
    depth: int = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def take(self, *signs: str) -> Token | None:
        """Return the next piece and go on, if it is one of some signs."""
        token = self.next
        if token.kind != "sign" or token.text not in signs:
            return None
        self.position += 1
        return token

    def unexpected(self) -> Exception:
        token = self.next
        before = self.tokens[self.position - 1] if self.position else None
        if token.kind == "end":
            return ExpressionError("a value is missing", text=self.text, position=token.at)
        hint = ""
        if token.kind == "name" and before is not None and before.kind == "number":
            hint = f"; write a number with its unit in quotes: '{before.text} {token.text}'"
        elif token.kind in ("name", "number", "quoted") or token.text == "(":
            hint = "; write * to multiply"
        return ExpressionError(f"did not expect {token.text!r}", hint, text=self.text, position=token.at)

    def sum(self) -> Node:
        at = self.next.at
        terms = [("+", self.product())]
        while sign := self.take("+", "-"):
            terms.append((sign.text, self.product()))
        return terms[0][1] if len(terms) == 1 else Sum(at, tuple(terms))

    def product(self) -> Node:
        at = self.next.at
        factors = [("*", self.signed())]
        while sign := self.take("*", "/"):
            factors.append((sign.text, self.signed()))
        return factors[0][1] if len(factors) == 1 else Product(at, tuple(factors))

    def signed(self) -> Node:
        sign = self.take("+", "-")
        if sign is None:
            return self.power()
        self.deeper(sign)
        node = self.signed()
        self.depth -= 1
        return node if sign.text == "+" else Product(sign.at, (("*", Number(sign.at, -1.0)), ("*", node)))

    def power(self) -> Node:
        base = self.atom()
        sign = self.take("**")
        return base if sign is None else Power(sign.at, base, self.exponent())

    def exponent(self) -> float:
        at = self.next.at
        group = self.take("(")
        sign = self.take("+", "-")
        value = self.plain_number()
        if group is not None and (slash := self.take("/")):
            divisor = self.plain_number()
            if not divisor:
                raise ExpressionError("division by zero", text=self.text, position=slash.at)
            value /= divisor
        if group is not None and not self.take(")"):
            raise ExpressionError(
                "an exponent is a plain number, such as 2, -0.5 or (1/3)", text=self.text, position=at
            )
        if self.take("**"):
            raise ExpressionError("powers of powers need parentheses around the base", text=self.text, position=at)
        if value > LARGEST_EXPONENT:
            raise ExpressionError(
                f"an exponent is at most {LARGEST_EXPONENT} in magnitude; found {value:g}", text=self.text, position=at
            )
        return -value if sign is not None and sign.text == "-" else value

    def plain_number(self) -> float:
        if self.next.kind != "number":
            raise ExpressionError(
                "an exponent is a plain number, such as 2, -0.5 or (1/3)", text=self.text, position=self.next.at
            )
        return self.number().value

    def atom(self) -> Node:
        token = self.next
        if token.kind == "number":
            return self.number()
        if token.kind == "quoted":
            return self.quoted()
        if token.kind == "name":
            self.position += 1
            if self.take("("):
                return self.call(token)
            return Name(token.at, token.text)
        if self.take("("):
            self.deeper(token)
            node = self.sum()
            self.close(token)
            return node
        raise self.unexpected()

    def number(self) -> Number:
        token = self.next
        self.position += 1
        value = float(token.text)
        if not math.isfinite(value):
            raise ExpressionError(f"{token.text} is too large a number", text=self.text, position=token.at)
        return Number(token.at, value)

    def quoted(self) -> Number:
        token = self.next
        self.position += 1
        try:
            found = parse_quantity(token.text[1:-1])
        except UnitError as error:
            raise ExpressionError(str(error), text=self.text, position=token.at) from None
        value = float(found.magnitude)
        if not math.isfinite(value):
            raise ExpressionError(f"{token.text} is not a finite number", text=self.text, position=token.at)
        return Number(token.at, value, readable(found.units))

    def call(self, token: Token) -> Node:
        function = FUNCTIONS.get(token.text)
        if function is None:
            hint = nearest(token.text, FUNCTIONS) or f"; there are {listed(FUNCTIONS, 20)}"
            raise ExpressionError(f"unknown function {token.text!r}", hint, text=self.text, position=token.at)
        self.deeper(token)
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        self.close(token)
        if len(arguments) != function.number:
            needed = "one argument" if function.number == 1 else f"{function.number} arguments"
            raise ExpressionError(
                f"{token.text!r} takes {needed}, found {len(arguments)}", text=self.text, position=token.at
            )
        return Call(token.at, token.text, tuple(arguments))

    def deeper(self, token: Token) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"nested more than {DEEPEST} deep", text=self.text, position=token.at)

    def close(self, opened: Token) -> None:
        if not self.take(")"):
            if self.next.kind == "end":
                raise ExpressionError("a parenthesis is not closed", text=self.text, position=opened.at)
            raise self.unexpected()
        self.depth -= 1
