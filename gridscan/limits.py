"""Limits: sizes of blocks, chunks and files, and timeouts."""

from __future__ import annotations

from dataclasses import dataclass, fields

from gridscan.errors import GridscanError


@dataclass(frozen=True)
class Limits:
    """Sizes and timeouts of evaluations, runs and reading files; the defaults suit any machine.

    Results do not depend on them, except in the last digit of kernels, which may sum in another order in blocks of
    another shape.

    Attributes
    ----------
    eager_cells
        Quantities of up to this many cells are computed at once; larger ones are lazy, or computed block by block.
    chunk_cells, most_chunks
        Cells of a chunk of a lazy quantity (some megabytes, so that a slice needs little more than itself and a chunk
        fits in the cache of a core), and the largest number of chunks, beyond which chunks are larger.
    largest_block, smallest_block
        Cells of a block of formulas: large enough that the overhead of a block does not count, small enough for any
        memory.
    largest_costly_block
        Cells of a block with kernels or integrals, which may take long; a killed run loses its last blocks.
    fewest_blocks, most_costly_blocks
        Smallest number of blocks, if there are as many cells: enough for some workers and for visible progress; and
        largest number of blocks with kernels.
    read_cells
        Cells of an earlier result that are read at once.
    held_bytes
        Bytes of a variable that a question about a result holds at a time.
    lazy_bytes
        A result beyond this size is opened as dask arrays.
    table_rows
        Rows of a table that are exported at once.
    table_bytes
        Size of the largest table that a parameter may name.
    largest_status
        Cells of the variable ``run_status``, beyond which each output gets its own.
    task_seconds, task_seconds_per_worker
        Work sent to a worker at once [s], so that the milliseconds of a scheduler do not count, for any number of
        workers.
    task_cells, waiting_cells
        Cells sent at once, and cells of blocks with failures that wait for their turn.
    first_worker_seconds, worker_seconds
        Time without any worker after which a cluster is given up [s]: one that never had any, and one that lost them,
        of which others may be starting.
    fetch_seconds, connect_seconds
        Timeouts of one result, and of a scheduler's answer [s].
    """

    eager_cells: int = 4_000_000
    chunk_cells: int = 1_000_000
    most_chunks: int = 20_000
    largest_block: int = 1_000_000
    smallest_block: int = 65_536
    largest_costly_block: int = 4096
    fewest_blocks: int = 64
    most_costly_blocks: int = 20_000
    read_cells: int = 1_000_000
    held_bytes: int = 300_000_000
    lazy_bytes: int = 100_000_000
    table_rows: int = 200_000
    table_bytes: int = 10_000_000
    largest_status: int = 10_000_000
    task_seconds: float = 0.5
    task_seconds_per_worker: float = 0.01
    task_cells: int = 1_000_000
    waiting_cells: int = 16_000_000
    first_worker_seconds: float = 60.0
    worker_seconds: float = 600.0
    fetch_seconds: float = 60.0
    connect_seconds: float = 10.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value, least = getattr(self, item.name), _LEAST.get(item.name, 1)
            whole = isinstance(item.default, int)
            right = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
            if not right or not value >= least:
                kind = "a whole number" if whole else "a number of seconds"
                raise GridscanError(f"the limit {item.name!r} is {value!r}; it must be {kind} of at least {least}")

    def __repr__(self) -> str:
        given = [item for item in fields(self) if getattr(self, item.name) != item.default]
        return f"Limits({', '.join(f'{item.name}={getattr(self, item.name)!r}' for item in given)})"


_LEAST = {"eager_cells": 0, "held_bytes": 0, "lazy_bytes": 0, "table_bytes": 0, "largest_status": 0, "waiting_cells": 0}
_LEAST |= {item.name: 0 for item in fields(Limits) if isinstance(item.default, float)}

#: The limits where none are given.
DEFAULT = Limits()


def checked(limits: Limits) -> Limits:
    """Return limits, or say what has been given in their place.

    Parameters
    ----------
    limits
        As a user has given them.

    Returns
    -------
    Limits
        The same.

    Raises
    ------
    GridscanError
        If they are something else.
    """
    if not isinstance(limits, Limits):
        raise GridscanError(f"limits takes gs.Limits(...), found {limits!s:.60}")
    return limits
