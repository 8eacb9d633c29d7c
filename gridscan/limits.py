"""Limits: sizes of blocks, chunks and files, and timeouts."""

from __future__ import annotations

from dataclasses import dataclass


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


#: The limits where none are given.
DEFAULT = Limits()
