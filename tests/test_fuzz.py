"""Two thousand seeded mutations of the shipped scenarios: each is a valid plan or a clear error, nothing else."""

from __future__ import annotations

import contextlib
import random
import re
import signal
import tomllib
from collections.abc import Iterator

import numpy as np
import pytest

from gridscan.engine.plan import make_plan
from gridscan.errors import EvaluationError, GridscanError
from gridscan.evaluation.lazy import compute_lazily
from gridscan.inputs.shipped_files import shipped_scenarios
from gridscan.scenario.reader import Scenario

MUTATIONS = 2000
BATCHES = 20
_EVALUATED_CELLS = 30_000
_LONGEST_SECONDS = 20
# Up to some seconds a value.
_SLOW = {"events_per_target", "integrated_flux", "fluence", "galactic_sky_flux"}
_SLOW_MODELS = {"presupernova"}
# A thousand galaxies take seconds, and show no more than some do.
_FEWER_DRAWS = (re.compile(r"^points = 1024$", re.MULTILINE), "points = 16")
_PLACE = re.compile(r"^(.*):(\d+):(\d+): \S")
_NASTY = [
    *("nan", "inf", "-inf", "true", "1e999", "-0.0", "0x1F", "1_000", "9" * 30, "1" + "0" * 400, "2020-05-01", "[]"),
    *("{}", "[[]]", "[1, [2]]", '""', '"\\u0000"', "'''", '"""', "\\", "\x00", "\ufeff", "é", "𝛼", "#", "=", ".", ","),
    *('"1 kpc"', '"-5 Myr"', '"1 / 0"', '"kpc"', '"__import__"', '"1e400 kpc"', '"kroupa"', "[axes]", "[axes.zip.a]"),
    *("[[axes]]", "[catalogue.imf.x]", "linspace", "arange", "geomspace", "values", "unit", "zip", "model", "time = 1"),
    *('flux = "1/cm^2/s"', "sfr = [1, 2]", '{ linspace = [0, 1, 3], unit = "kpc" }', "{ arange = [0, 1, 1e-9] }"),
]
_TOKEN = re.compile(r'"[^"\n]*"|[\w.+-]+|[\[\]{}=,]')
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?")


def _characters(text: str, source: random.Random) -> str:
    place = source.randrange(len(text))
    inserted = source.choice("\"'[]{}=,.#\n\t \\0e-é")
    return source.choice(
        [
            text[:place] + text[place + 1 :],
            text[:place] + inserted + text[place:],
            text[:place] + inserted + text[place + 1 :],
            text[:place] + text[place + 1 : place + 2] + text[place : place + 1] + text[place + 2 :],
        ]
    )


def _lines(text: str, source: random.Random) -> str:
    lines = text.split("\n")
    first, second = source.randrange(len(lines)), source.randrange(len(lines))
    kind = source.choice(["drop", "double", "swap", "cut"])
    if kind == "drop":
        del lines[first]
    elif kind == "double":
        lines.insert(second, lines[first])
    elif kind == "swap":
        lines[first], lines[second] = lines[second], lines[first]
    else:
        del lines[first:]
    return "\n".join(lines)


def _tokens(text: str, source: random.Random) -> str:
    tokens = list(_TOKEN.finditer(text))
    token = source.choice(tokens)
    new = source.choice([source.choice(_NASTY), source.choice(_NASTY), source.choice(tokens)[0]])
    return text[: token.start()] + new + text[token.end() :]


def _numbers(text: str, source: random.Random) -> str:
    number = source.choice(list(_NUMBER.finditer(text)))
    new = source.choice(["0", "-1", "1", "2", "3.5", "1e-300", "1e300", "0.0001", str(source.uniform(-20, 20))])
    return text[: number.start()] + new + text[number.end() :]


def mutated(text: str, source: random.Random) -> str:
    """Return the text after one to three random changes."""
    for _ in range(source.choice([1, 1, 1, 2, 3])):
        change = source.choice([_characters, _lines, _tokens, _tokens, _numbers])
        if _NUMBER.search(text):
            text = change(text, source)
    return text


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(text.replace("\r\n", "\n"))
    except (ValueError, RecursionError):
        return False
    return True


def check_refusal(error: GridscanError, text: str) -> None:
    """Check that each line of a message begins with a place that the text has."""
    lines, length = str(error).splitlines(), text.count("\n") + 1
    places = [_PLACE.match(line) for line in lines]
    assert lines
    assert all(place and place[1] == "s.toml" and 1 <= int(place[2]) <= length for place in places), f"{error}\n{text}"
    assert is_toml(text) or len(lines) == 1


@contextlib.contextmanager
def time_limit(text: str) -> Iterator[None]:
    """Fail, instead of hanging, where the block takes too long."""

    def stop(*_: object) -> None:
        pytest.fail(f"took longer than {_LONGEST_SECONDS} s:\n{text}")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_LONGEST_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(text: str) -> str:
    """Load, plan and, where the grid is small, evaluate a scenario; anything but a GridscanError is a failure."""
    try:
        plan = make_plan(Scenario.parse(text, name="s.toml"))
    except GridscanError as error:
        check_refusal(error, text)
        return "refused"
    assert plan.peak_memory > 0
    slow = plan.scenario.model.name in _SLOW_MODELS or _SLOW & {item.name for item in plan.quantities}
    if slow or sum(item.cells for item in plan.quantities) > _EVALUATED_CELLS:
        return "planned"
    try:
        dataset = compute_lazily(plan.layout)
    except EvaluationError:
        return "not computable"
    for values in dataset.data_vars.values():
        # Missing where a quantity says that it may be, and in as many cells as are said to be left out.
        left_out = re.match(r"([\d,]+) of ", values.attrs.get("left_out", "0 of "))[1]
        missing = values.values[~np.isfinite(values.values)]
        assert np.isnan(missing).all()
        assert "comment" in values.attrs or missing.size == int(left_out.replace(",", ""))
    return "evaluated"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_mutated_scenario_is_a_valid_plan_or_a_clear_error(batch):
    source = random.Random(20_000 + batch)
    pattern, fewer = _FEWER_DRAWS
    texts = [pattern.sub(fewer, path.read_text(encoding="utf-8")) for path in shipped_scenarios().values()]
    assert sum(fewer in text for text in texts) == 2
    outcomes = []
    for _ in range(MUTATIONS // BATCHES):
        text = mutated(source.choice(texts), source)
        with time_limit(text):
            outcomes.append(outcome(text))
    assert 0.2 < outcomes.count("refused") / len(outcomes) < 0.9


def test_the_mutations_reach_every_kind_of_outcome():
    source = random.Random(1)
    small = (
        'model = "red_supergiants"\n[axes]\ntime = ["10 Myr", "20 Myr"]\n[output]\nquantities = ["red_supergiants"]\n'
    )
    found = {outcome(mutated(small, source)) for _ in range(60)}
    assert {"refused", "evaluated"} <= found
