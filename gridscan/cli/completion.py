"""Completion in a shell: models, scenarios, quantities, axes, inputs and files, without importing a model.

What a scenario can name is read from its text and from the JSON Schema of its model, which ships for each model of
gridscan; what a result holds from the file alone. Mistakes end in no completion, never in a message.
"""

from __future__ import annotations

import functools
import json
import os
import re
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ZshComplete,
    add_completion_class,
    get_completion_class,
    split_arg_string,
)

from gridscan.inputs.shipped_files import ENTRY_POINTS, folder, shipped_scenarios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click

SHELLS = ("bash", "zsh", "fish")
_RESULTS = (".nc", ".zarr")
_SCRIPT = """\
%(complete_func)s() {
    local IFS=$'\\n'
    local response type value
    response=$(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete $1)
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                COMPREPLY+=("$value")
                [[ $value == *[=/:] ]] && compopt -o nospace ;;
        esac
    done <<< "$response"
    return 0
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


@add_completion_class
class _Bash(BashComplete):
    """As click has it, but with no blank behind what goes on: ``sfr=``, ``scenarios/``."""

    name = "bash"
    source_template = _SCRIPT


@add_completion_class
class _Zsh(ZshComplete):
    """As click has it, but with no blank behind what goes on, as in bash; fish adds none."""

    name = "zsh"
    source_template = ZshComplete.source_template.replace(
        "compadd -U -V unsorted -a completions",
        """compadd -U -V unsorted -S '' -- ${(M)completions:#*[=\\/:]}
        compadd -U -V unsorted -- ${completions:#*[=\\/:]}""",
    )


def script(shell: str) -> str:
    """Return the lines that switch completion on in a shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    from gridscan.cli.group import main

    return kind(main, {}, "gridscan", "_GRIDSCAN_COMPLETE").source()


def _silent(find: Callable[[click.Context, str], Iterable[str]]) -> Any:
    """Return a completer of click that offers what fits, and nothing where something is wrong."""

    @functools.wraps(find)
    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            return [CompletionItem(item) for item in find(ctx, incomplete) if item.startswith(incomplete)]
        except Exception:
            return []

    return complete


def _of_models() -> list[str]:
    return sorted({entry.name for entry in entry_points(group=ENTRY_POINTS)})


@_silent
def models(_ctx: click.Context, _incomplete: str) -> list[str]:
    """Offer the installed models."""
    return _of_models()


@_silent
def models_and_code(_ctx: click.Context, incomplete: str) -> list[str]:
    """Offer the installed models, and Python files."""
    return [*_of_models(), *_beside(incomplete, (".py",))]


@_silent
def files(_ctx: click.Context, incomplete: str) -> list[str]:
    """Offer shipped scenarios, and scenarios and results in the folder."""
    return [*shipped_scenarios(), *_beside(incomplete, (".toml", *_RESULTS))]


def _beside(incomplete: str, suffixes: tuple[str, ...]) -> list[str]:
    """Return the files and folders that begin like a path."""
    before, slash, begun = incomplete.rpartition("/")
    place = Path(before + slash or ".").expanduser()
    found: list[str] = []
    for path in sorted(place.iterdir()) if place.is_dir() else []:
        if path.name.startswith(begun) and (begun or not path.name.startswith(".")):
            name = f"{before}{slash}{path.name}"
            if path.suffix in suffixes:
                found.append(name)
            elif path.is_dir():
                found.append(f"{name}/")
    return found


@_silent
def quantities(ctx: click.Context, incomplete: str) -> list[str]:
    """Offer quantities of FILE; of several with commas between them, the last."""
    *before, _ = incomplete.rsplit(",", 1)
    ahead = f"{before[0]}," if before else ""
    return [f"{ahead}{name}" for name in _names(ctx)["quantities"]]


@_silent
def formulas(ctx: click.Context, incomplete: str) -> list[str]:
    """Offer quantities and inputs of FILE for the last name in a formula."""
    before = re.sub(r"\w*$", "", incomplete)
    known = _names(ctx)
    return [f"{before}{name}" for name in (*known["quantities"], *known["inputs"])] if "=" in before else []


@_silent
def files_and_quantities(ctx: click.Context, incomplete: str) -> list[str]:
    """Offer files first, and quantities behind one."""
    if not ctx.params.get("arguments"):
        return [*shipped_scenarios(), *_beside(incomplete, (".toml", *_RESULTS, ".dat", ".TAB"))]
    return list(_names(ctx)["quantities"])


@_silent
def axes(ctx: click.Context, _incomplete: str) -> list[str]:
    """Offer the axes of FILE."""
    return list(_names(ctx)["axes"])


@_silent
def axes_with_values(ctx: click.Context, incomplete: str) -> list[str]:
    """Offer the axes of FILE, and the values of one where the name is complete."""
    known = _names(ctx)["axes"]
    name, equals, _ = incomplete.partition("=")
    if equals:
        return [f"{name}={value}" for value in known.get(name, ()) if isinstance(value, str)]
    return [f"{name}=" for name in known]


@_silent
def inputs(ctx: click.Context, _incomplete: str) -> list[str]:
    """Offer the inputs of the model of FILE."""
    return [f"{name}=" for name in _names(ctx)["inputs"]]


@_silent
def names_of_model(ctx: click.Context, _incomplete: str) -> list[str]:
    """Offer inputs and quantities of MODEL."""
    known = _of_model(_model(ctx))
    return [*known["inputs"], *known["quantities"]]


@_silent
def kinds(ctx: click.Context, _incomplete: str) -> list[str]:
    """Offer kinds of picture of FILE."""
    from gridscan.definition.figures import GENERAL_KINDS
    from gridscan.model_loader import load_model

    name = _model(ctx) or str(_content(_file(ctx)).get("model", ""))
    return [*GENERAL_KINDS, *(load_model(name).figures if name else ())]


def _file(ctx: click.Context) -> str:
    """Return FILE; behind an option without its value, click has not read it, but the shell tells all words."""
    given = ctx.params.get("file") or next(iter(ctx.params.get("arguments") or ctx.params.get("files") or ()), "")
    shipped = shipped_scenarios()
    words = (word for word in _words() if word in shipped or Path(word).suffix in (".toml", *_RESULTS))
    return str(given or next(words, ""))


def _model(ctx: click.Context) -> str:
    """Return the model that --model names, or MODEL."""
    words = _words()
    behind = words[words.index("--model") + 1 :] if "--model" in words else []
    return str(ctx.params.get("model_name") or next(iter(behind), ""))


def _words() -> list[str]:
    return split_arg_string(os.environ.get("COMP_WORDS", ""))


def _names(ctx: click.Context) -> dict[str, Any]:
    """Return the quantities, axes and inputs of FILE, or of the model that --model names."""
    file = _file(ctx)
    content = _content(file)
    own = _of_model(_model(ctx) or str(content.get("model", "")))
    if Path(file).suffix in _RESULTS:
        own = {**own, "quantities": content["quantities"]}
    given = dict(content.get("axes", {}))
    zipped = given.pop("zip", {})
    return {**own, "axes": {**given, **dict.fromkeys(zipped, ())}}


def _content(file: str) -> dict[str, Any]:
    """Return what a scenario says, or the scenario in a result with the quantities there."""
    import tomllib

    path = Path(file).expanduser()
    if path.suffix == ".nc":
        import h5py

        with h5py.File(path) as found:
            text = found.attrs["gridscan_scenario"]
            is_scale = {name: "CLASS" in item.attrs for name, item in found.items() if hasattr(item, "shape")}
            held = [name for name, scale in is_scale.items() if not scale and found[name].ndim]
        content = tomllib.loads(text.decode() if isinstance(text, bytes) else str(text))
        return {**content, "quantities": held}
    if not path.is_file():
        path = shipped_scenarios()[file]
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _of_model(name: str) -> dict[str, list[str]]:
    """Return the names of a model: from its schema where that ships, or from the model itself."""
    if not name:
        return {"quantities": [], "inputs": []}
    schema = folder("data") / "schemas" / f"{name}.json"
    if schema.is_file():
        content = json.loads(schema.read_text(encoding="utf-8"))
        output = content["$defs"]["Output"]["properties"]["quantities"]["items"]["enum"]
        return {"quantities": output, "inputs": list(content["properties"]["parameters"]["properties"])}
    from gridscan.model_loader import load_model

    model = load_model(name)
    return {"quantities": list(model.quantities), "inputs": [*model.labels, *model.parameters]}
