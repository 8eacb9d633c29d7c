"""Names that a file of results can have for its variables and axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridscan.errors import StoreError
from gridscan.storage.record import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Bytes of a name: netCDF allows 256, of which some are for what is added, such as "_run_status".
LONGEST_NAME = 230


def check_names(names: Iterable[str]) -> None:
    """Refuse names that a file cannot have.

    Parameters
    ----------
    names
        Of quantities, axes and parameters that become variables and dimensions.

    Raises
    ------
    StoreError
        If one is that of the group in which a file says how it was made, or too long.
    """
    for name in names:
        if name == GROUP:
            why = "is what a result calls the group that says how it was made"
            raise StoreError(f"{name!r} {why}, so no quantity or axis in it can have this name; rename it in the model")
        if len(name.encode()) > LONGEST_NAME:
            shown = f"{name[:20]}…"
            raise StoreError(f"the name {shown!r} has {len(name.encode()):,} bytes; files allow {LONGEST_NAME}")
