"""The commands that describe models, and start a scenario."""

from __future__ import annotations

from pathlib import Path

import click

from gridscan.cli import completion
from gridscan.cli.group import main
from gridscan.cli.options import catalogues_of, json_option, model_argument, out_option
from gridscan.cli.say import say, tell
from gridscan.cli.writing import STDOUT
from gridscan.errors import ModelError, StoreError, nearest


@main.command(examples=["models", "models --json"])
@json_option
def models(as_json: bool) -> None:
    """List the installed models and the shipped scenarios."""
    from gridscan.cli.as_json import models_as_data, print_json
    from gridscan.cli.report import models_report
    from gridscan.cli.tables import show
    from gridscan.inputs.shipped_files import shipped_scenarios
    from gridscan.model_loader import installed_models

    found = installed_models().values()
    if as_json:
        print_json(models_as_data(found, shipped_scenarios()))
    else:
        show(models_report(found, shipped_scenarios()))


@main.command(examples=["versions"])
def versions() -> None:
    """Print the versions of everything, for bug reports."""
    from gridscan.versions import show_versions

    show_versions()


@main.command(examples=["describe red_supergiants", "describe red_supergiants flux"])
@model_argument
@click.argument("name", required=False, shell_complete=completion.names_of_model)
@json_option
def describe(model_name: str, name: str | None, as_json: bool) -> None:
    """Show a model, or one of its names.

    NAME is an input, a quantity, a population or a figure of the model.
    """
    from gridscan.cli.as_json import model_as_data, node_as_data, print_json
    from gridscan.cli.report import figure_report, model_report, node_report
    from gridscan.cli.tables import show
    from gridscan.model_loader import load_model

    model = load_model(model_name)
    catalogues = catalogues_of(model)
    known = [*model.names, *model.populations, *model.figures]
    if name is not None and name not in known:
        hint = model.why_not(name) or nearest(name, known)
        raise ModelError(f"model {model.name!r} has nothing called {name!r}{hint}")
    if as_json:
        print_json(model_as_data(model, catalogues) if name is None else node_as_data(model, name, catalogues))
    elif name is None:
        show(model_report(model, catalogues))
    elif name in model.figures and name not in model.names:
        show(figure_report(model.figures[name]))
    else:
        show(node_report(model, name, catalogues))


@main.command(examples=["new red_supergiants --out mine.toml", "new red_supergiants --out -"])
@model_argument
@out_option("File to write; MODEL.toml by default.")
def new(model_name: str, out: Path | None, force: bool) -> None:
    """Write a commented scenario that runs as it is."""
    from gridscan.atomic import replacing
    from gridscan.inputs.shipped_files import folder
    from gridscan.model_loader import is_code, load_model
    from gridscan.scenario.template import starter
    from gridscan.storage.table_files import check_ending

    if out is not None and out != STDOUT:
        check_ending(out, [".toml"], "a scenario")
    model = load_model(model_name)
    schema = folder("data") / "schemas" / f"{model.name}.json"
    text = starter(model, schema.as_uri() if schema.is_file() else None)
    if out == STDOUT:
        say(text, nl=False)
        return
    path = out or Path(f"{model.name}.toml")
    if path.exists() and not force:
        raise StoreError(f"{path}: exists; overwrite it with --force, or give another name with --out")
    with replacing(path, force=True) as temporary:
        temporary.write_text(text, encoding="utf-8")
    named = f" --model {model_name}" if is_code(model_name) else ""
    tell(f"wrote {path}; run it with: gridscan run {path}{named}")


@main.command(examples=["schema red_supergiants"])
@model_argument
def schema(model_name: str) -> None:
    """Print the JSON Schema of a model's scenarios."""
    import json

    from gridscan.model_loader import load_model
    from gridscan.scenario.json_schema import json_schema

    say(json.dumps(json_schema(load_model(model_name)), indent=1, ensure_ascii=False))


@main.command("completion", examples=["completion bash", "completion fish"])
@click.argument("shell", type=click.Choice(completion.SHELLS))
def completion_command(shell: str) -> None:
    """Print the lines that complete words in a shell.

    Bash: eval "$(gridscan completion bash)" in ~/.bashrc. Zsh: the same with zsh in ~/.zshrc, behind compinit. Fish:
    gridscan completion fish > ~/.config/fish/completions/gridscan.fish
    """
    say(completion.script(shell), nl=False)
