"""Imports are found wherever a statement can stand, and a file is parsed once for them and its digest."""

from __future__ import annotations

import ast

import pytest

from gridscan.fingerprint.import_statements import imports_in
from gridscan.fingerprint.modules import SourceFile

EVERYWHERE = """
import a
if x:
    import b
elif y:
    import c
else:
    import d
for i in x:
    import e
else:
    import f
while x:
    import g
else:
    import h
try:
    import i
except* ValueError:
    import j
else:
    import k
finally:
    import l
try:
    pass
except (ValueError, TypeError) as error:
    import m
with open(x) as y:
    import n
match x:
    case 1:
        import o
    case [_, *_] if y:
        import p
class C:
    import q
    def f(self):
        import r
        async def g():
            async with x:
                import s
            async for i in x:
                import t
if TYPE_CHECKING:
    import u
else:
    import v
"""


def test_imports_are_found_wherever_a_statement_can_stand():
    found = sorted(item.module for item in imports_in(ast.parse(EVERYWHERE).body))
    assert found == [*"abcdefghijklmnopqrst", "v"]


def source(text):
    return SourceFile("file.py", text.encode(), 0.0, 0)


@pytest.mark.parametrize("first", ["imports", "digest_without_hints"])
def test_imports_and_the_digest_do_not_depend_on_which_is_asked_for_first(first):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\nelse:\n    import b\n"
    text += "\ndef f(x: int): return x\n"
    here, plain = source(text), source(text.replace("x: int", "x"))
    getattr(here, first)
    assert {item.module for item in here.imports} == {"typing", "b"}
    assert here.digest_without_hints == plain.digest_without_hints
    assert here.digest_without_hints != source(text.replace("return x", "return 2 * x")).digest_without_hints
    assert here.tree.body[-1].args.args[0].annotation.id == "int"


def test_what_is_not_python_counts_as_it_is():
    one, other = (source(f"if TYPE_CHECKING: import\n{number}") for number in (1, 2))
    assert one.imports == ()
    assert one.digest_without_hints != other.digest_without_hints
