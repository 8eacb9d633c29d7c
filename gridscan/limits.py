"""Sizes up to which things are done at once, and how long is waited for others."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Sizes and patiences of an evaluation, a run and the reading of files; the defaults suit any machine.

    A result does not depend on them, but for the last digit of kernels, which may sum in another order in blocks of
    another shape.

    Attributes
    ----------
    eager_cells
        Quantities of up to so many cells are computed at once; larger ones are lazy, or computed block by block.
    chunk_cells, most_chunks
        Cells of a chunk of what is lazy: some megabytes, so that a slice needs little more than itself and the cache
        of a core holds the work; and chunks of a quantity at most, which then are larger.
    largest_block, smallest_block
        Cells of a block of formulas: large enough that what is done once a block does not count, small enough for any
        memory.
    largest_costly_block
        Cells of a block with kernels or integrals in it, which may take long: it is what is lost when a run is killed.
    fewest_blocks, most_costly_blocks
        Blocks at least, where there are as many cells: enough for some workers and for some progress to be seen; and
        blocks with kernels at most.
    read_cells
        Cells of an earlier result that are read at once.
    held_bytes
        Bytes of a variable that a question to a result holds at a time.
    lazy_bytes
        A result beyond this size is opened as dask arrays.
    table_rows
        Rows of a table that are exported at once.
    table_bytes
        Size of the largest table that a parameter may name.
    largest_status
        Cells of the variable that tells which cells failed, beyond which each output gets its own.
    task_seconds, task_seconds_per_worker
        Work that is sent to a worker at once [s], so that the milliseconds of a scheduler do not count, however many
        workers ask.
    task_cells, waiting_cells
        Cells that are sent at once, and cells of blocks with failures that wait for their turn.
    first_worker_seconds, worker_seconds
        How long a cluster may be without any worker before it is given up [s]: one that never had any, and one that
        had some, of which others may be on their way.
    fetch_seconds, connect_seconds
        How long is waited for one result, and for a scheduler to answer [s].
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
