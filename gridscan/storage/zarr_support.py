"""Whether zarr folders can be written and read on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridscan.errors import StoreError

if TYPE_CHECKING:
    from gridscan.scenario.schema import Storage


def check_library(storage: Storage) -> None:
    """Refuse a format whose library is not installed.

    Parameters
    ----------
    storage
        The ``[output]`` of a scenario.

    Raises
    ------
    StoreError
        If the library is missing; the message says how to install it.
    """
    if storage.format == "zarr":
        try:
            from zarr import create_array  # noqa: F401
        except ImportError:
            raise StoreError(
                "a zarr folder needs the package zarr, version 3 or newer; install it with"
                " pip install 'gridscan[zarr]', or write a netCDF file"
            ) from None
