"""Bytes of scenario files: line ends, control characters, byte order marks, encodings."""

from __future__ import annotations

import pytest

from gridscan.errors import ScenarioError
from gridscan.scenario.reader import Scenario
from gridscan.scenario.toml_text import parse_toml

LINES = [
    'model = "red_supergiants"',
    "[axes]",
    'radius = ["1 kpc", "2 kpc"]  # near',
    "[output]",
    'quantities = ["flux"]',
    "",
]
TEXT = "\n".join(LINES)


def loaded(tmp_path, content):
    path = tmp_path / "scan.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Scenario.load(path)


def refusal(tmp_path, content):
    with pytest.raises(ScenarioError) as caught:
        loaded(tmp_path, content)
    return str(caught.value).removeprefix(f"{tmp_path / 'scan.toml'}:")


def test_a_carriage_return_in_a_comment_does_not_make_the_rest_of_the_line_active(tmp_path):
    found = refusal(tmp_path, TEXT.replace("# near", "# near\rsfr = [1, 2]"))
    assert found == (
        "3:36: not valid TOML: a carriage return without a line feed, which ends no line; end lines with LF or CR LF"
    )


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (TEXT.replace("\n", "\r"), "1:26"),
        (TEXT.replace("flux", "fl\rux"), "5:18"),
        (TEXT.replace("1 kpc", "1\r kpc").replace("\n", "\r\n"), "3:13"),
        (TEXT + "\r", "6:1"),
        (TEXT.replace("[output]", "\r\r\n[output]"), "4:1"),
        (TEXT.replace("[output]", 'title = """one\rtwo"""\n[output]'), "4:15"),
        (TEXT.replace("[output]", "title = '''µ\rtwo'''\n[output]"), "4:13"),
    ],
)
def test_a_bare_carriage_return_is_refused_wherever_it_stands(tmp_path, content, place):
    assert refusal(tmp_path, content).startswith(f"{place}: not valid TOML: a carriage return without a line feed")


@pytest.mark.parametrize("code", [*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])
@pytest.mark.parametrize(
    ("before", "after", "place"), [("# ", "near", "3:32"), ('"', "flux", "5:16"), ("", "model", "1:1")]
)
def test_control_characters_are_refused_wherever_they_stand(tmp_path, code, before, after, place):
    found = refusal(tmp_path, TEXT.replace(before + after, f"{before}{chr(code)}{after}", 1))
    assert found == f"{place}: not valid TOML: a control character, U+{code:04X}; remove it"


@pytest.mark.parametrize(
    "content",
    [TEXT, TEXT.replace("\n", "\r\n"), "\ufeff" + TEXT, TEXT.replace("# near", "#\tnear\u2028\x85\ufeffsfr = 1")],
)
def test_line_ends_tabs_and_a_byte_order_mark_are_read(tmp_path, content):
    scenario = loaded(tmp_path, content)
    assert scenario.resolved.sizes == {"radius": 2}
    assert "\r" not in scenario.text
    assert not scenario.text.startswith("\ufeff")


def test_errors_keep_their_place_behind_carriage_returns_and_a_byte_order_mark(tmp_path):
    wrong = TEXT.replace("2 kpc", "2 kpcc").replace("# near", "# \u2028 \x85 near")
    plain = refusal(tmp_path, wrong)
    assert plain.startswith("3:20: 'radius': unknown unit 'kpcc'")
    assert refusal(tmp_path, wrong.replace("\n", "\r\n")) == plain
    assert refusal(tmp_path, "\ufeff" + wrong.replace("\n", "\r\n")) == plain


def test_a_byte_order_mark_in_the_middle_is_refused(tmp_path):
    assert refusal(tmp_path, TEXT.replace("[output]", "\ufeff[output]")).startswith("4:1: not valid TOML: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TEXT.encode("utf-16"), "not UTF-8 text (byte 0) but UTF-16; expected a TOML file"),
        (TEXT.replace("near", "näher").encode("latin-1"), "not UTF-8 text (byte 65); expected a TOML file"),
        (b"\xed\xa0\x80", "not UTF-8 text (byte 0); expected a TOML file"),
    ],
)
def test_text_that_is_not_utf8_is_refused(tmp_path, content, message):
    assert refusal(tmp_path, content).strip() == message


@pytest.mark.parametrize(
    ("text", "place", "right"),
    [
        *[
            ("x = 15D1", "1:5", "15e1"),
            ("a = 1\nx = [1.0, 1.5d-3]", "2:11", "1.5e-3"),
            ("x = {y = -2Q4}", "1:10", "-2e4"),
        ],
    ],
)
def test_a_number_of_fortran_is_refused_with_the_right_spelling(text, place, right):
    with pytest.raises(ScenarioError, match=f"^s.toml:{place}: not valid TOML: .* Fortran program; write {right}$"):
        parse_toml(text, "s.toml")
