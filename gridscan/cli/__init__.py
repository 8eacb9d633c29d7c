"""The command line. Modules are imported inside the commands, so that help does not wait for them."""

from gridscan.cli import (
    commands,
    derived,
    differences,
    inference,
    pictures,
    questions,
    results,
    scenarios,
    shards,
    tracks,
    verify,
)
from gridscan.cli.group import main

__all__ = [
    "commands",
    "derived",
    "differences",
    "inference",
    "main",
    "pictures",
    "questions",
    "results",
    "scenarios",
    "shards",
    "tracks",
    "verify",
]
