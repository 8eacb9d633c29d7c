"""The group of all commands, and how it reports errors."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import signal
import sys
import threading
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import click

from gridscan._version import __version__
from gridscan.cli.say import be_quiet, is_quiet, say
from gridscan.errors import GridscanError, GridscanWarning, Terminated, listed, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# One word of a command: quotes keep blanks together.
_WORD = re.compile(r"(?:[^\s'\"]|'[^']*'|\"[^\"]*\")+")
#: Columns of help in a wide terminal.
WIDEST_HELP = 110


def quiet_option() -> click.Option:
    """Return the option --quiet, which every command has."""
    return click.Option(
        ["--quiet", "-q"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=be_quiet,
        help="Print answers, warnings and errors only.",
    )


class Command(click.Command):
    """A command with examples at the end of its help, and with --quiet.

    Parameters
    ----------
    examples
        Commands as they are typed, without the word gridscan.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.examples = list(examples)
        self.params.append(quiet_option())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, each on a line of its own."""
        super().format_epilog(ctx, formatter)
        write_examples(formatter, self.examples)


def write_examples(formatter: click.HelpFormatter, examples: Sequence[str]) -> None:
    """Write commands as they are typed, on several lines where they need these."""
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                indent = " " * formatter.current_indent
                formatter.write(f"{indent}{_broken(f'gridscan {example}', formatter.width - len(indent))}\n")


def _broken(command: str, width: int) -> str:
    """Break a command between its words as a shell allows it."""
    lines = [""]
    for word in _WORD.findall(command):
        longer = f"{lines[-1]} {word}".strip() if len(lines) == 1 else f"{lines[-1]} {word}"
        if lines[-1] and len(longer) > width - 2:
            lines.append(f"      {word}")
        else:
            lines[-1] = longer
    return " \\\n".join(lines)


class Group(click.Group):
    """A group of commands, of which help shows whole sentences in a terminal of any width."""

    command_class = Command

    def __init__(self, *args: Any, examples: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.examples = list(examples)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with the first sentence of the help of each, on several lines where it needs these."""
        rows = [(name, self.commands[name].get_short_help_str(limit=1000)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        super().format_epilog(ctx, formatter)
        write_examples(formatter, self.examples)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Name the nearest command where there is none of a name."""
        name = args[0] if args else ""
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            ctx.fail(
                f"unknown command {name!r}{nearest(name, self.commands)}; the commands are {listed(self.commands, 30)}"
            )
        return super().resolve_command(ctx, args)


Group.group_class = Group


class _Commands(Group):
    """Exits with status 2 and one clear message for errors of the user, with status 1 for bugs."""

    def invoke(self, ctx: click.Context) -> Any:
        debug = bool(ctx.params.get("debug"))
        for stream in (sys.stdout, sys.stderr):
            # A terminal without UTF-8 shows question marks, which is better than an error.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            with warnings.catch_warnings(), _stopped_by_term(), _noted():
                warnings.showwarning = _show_warning(warnings.showwarning)
                warnings.simplefilter("always", GridscanWarning)
                return super().invoke(ctx)
        except GridscanError as error:
            if debug:
                traceback.print_exc()
            say(f"error: {error}" if "\n" not in str(error) else str(error), err=True)
            ctx.exit(2)
        except (click.exceptions.Exit, click.Abort, click.ClickException, BrokenPipeError):
            raise
        except (KeyboardInterrupt, Terminated) as stop:
            say("stopped", err=True)
            ctx.exit(128 + (signal.SIGINT if isinstance(stop, KeyboardInterrupt) else signal.SIGTERM))
        except SystemExit as error:
            if debug:
                traceback.print_exc()
            say(f"error: the model exited Python: {type(error).__name__}({error})", err=True)
            ctx.exit(2)
        except OSError as error:
            if debug:
                traceback.print_exc()
            what = f"{error.filename}: " if error.filename else ""
            say(f"error: {what}{error.strerror or error}", err=True)
            ctx.exit(2)
        except Exception as error:
            if debug:
                traceback.print_exc()
            say(
                f"internal error: {type(error).__name__}: {error}\n"
                "This is a bug in gridscan; please report it with the output of `gridscan --debug …` "
                "and `gridscan versions`.",
                err=True,
            )
            ctx.exit(1)


@contextlib.contextmanager
def _stopped_by_term() -> Iterator[None]:
    """Clean up on SIGTERM, by which batch systems end a job, as on an interrupt from the keyboard."""

    def stop(*_: Any) -> None:
        raise Terminated(128 + signal.SIGTERM)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Notes(logging.Handler):
    """Prints what the package logs; notes not with --quiet."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno > logging.INFO or not is_quiet():
            kind = "note" if record.levelno <= logging.INFO else record.levelname.lower()
            say(f"{kind}: {record.getMessage()}", err=True)


@contextlib.contextmanager
def _noted() -> Iterator[None]:
    """Print what the package logs."""
    log, handler = logging.getLogger("gridscan"), _Notes()
    before = log.level, log.propagate
    log.setLevel(logging.INFO)
    log.propagate = False
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.level, log.propagate = before


def _show_warning(otherwise: Callable[..., None]) -> Callable[..., None]:
    def show(message: Any, category: type[Warning], *rest: Any, **options: Any) -> None:
        if issubclass(category, GridscanWarning):
            say(f"warning: {message}", err=True)
        else:
            otherwise(message, category, *rest, **options)

    return show


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST_HELP},
    examples=["models", "new red_supergiants", "run imf_scan", "info results/imf_scan.nc"],
)
@click.version_option(__version__, "--version", "-V", prog_name="gridscan")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(debug: bool) -> None:
    """Evaluate a physics model over a whole grid of scenarios."""


main.params.append(quiet_option())
