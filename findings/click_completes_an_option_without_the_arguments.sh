#!/usr/bin/env bash
# Guess:    a completer of an option's value sees in `ctx.params` the arguments before it: behind `tool FILE --axis ` it knows FILE.
# Truth:    It does not: `ctx.params["file"]` is None, since no argument is read once an option lacks its value. With the option
#           complete, or for an argument behind FILE, it is there. The words themselves are in the variable COMP_WORDS.
# Versions: click 8.5.1.
# Source:   the parser reads options before arguments; the one without a value raises an error, which completion swallows, and
#           the step that gives out arguments is passed over.
set -euo pipefail

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check click==8.5.1

cd "$environment"
"$environment/bin/python" - <<'PYTHON'
from importlib.metadata import version

import click
from click.shell_completion import ShellComplete

print("click", version("click"))
seen = []


def look(ctx, param, incomplete):
    seen.append((param.name, ctx.params.get("file")))
    return []


@click.command()
@click.argument("file")
@click.argument("name", required=False, shell_complete=look)
@click.option("--axis", shell_complete=look)
def tool(file, name, axis):
    pass


complete = ShellComplete(tool, {}, "tool", "_TOOL_COMPLETE")
complete.get_completions(["a.nc"], "")
complete.get_completions(["a.nc", "--axis"], "")
complete.get_completions(["a.nc", "--axis", "x"], "")
print(seen)
assert seen == [("name", "a.nc"), ("axis", None), ("name", "a.nc")], "click no longer does what this script shows"
PYTHON
