"""The group of all commands, and how it reports errors."""

from __future__ import annotations

import contextlib
import io
import logging
import signal
import sys
import threading
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import click

from gridscan._version import __version__
from gridscan.cli.say import say
from gridscan.errors import GridscanError, GridscanWarning, Terminated, listed, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Commands(click.Group):
    """Exits with status 2 and one clear message for errors of the user, with status 1 for bugs."""

    def invoke(self, ctx: click.Context) -> Any:
        debug, quiet = bool(ctx.params.get("debug")), bool(ctx.params.get("quiet"))
        for stream in (sys.stdout, sys.stderr):
            # A terminal without UTF-8 shows question marks, which is better than an error.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        try:
            with warnings.catch_warnings(), _stopped_by_term(), _noted(quiet):
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

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        name = args[0] if args else ""
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            ctx.fail(
                f"unknown command {name!r}{nearest(name, self.commands)}; the commands are {listed(self.commands, 30)}"
            )
        return super().resolve_command(ctx, args)


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
    """Prints what the package logs."""

    def emit(self, record: logging.LogRecord) -> None:
        kind = "note" if record.levelno == logging.INFO else record.levelname.lower()
        say(f"{kind}: {record.getMessage()}", err=True)


@contextlib.contextmanager
def _noted(quiet: bool) -> Iterator[None]:
    """Print what the package logs: notes, but warnings alone with --quiet."""
    log, handler = logging.getLogger("gridscan"), _Notes()
    before = log.level, log.propagate
    log.setLevel(logging.WARNING if quiet else logging.INFO)
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


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "--version", "-V")
@click.option("--quiet", "-q", is_flag=True, help="Print answers, warnings and errors only.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def main(quiet: bool, debug: bool) -> None:
    """Evaluate a physics model over a whole grid of scenarios, labelled and with units."""
