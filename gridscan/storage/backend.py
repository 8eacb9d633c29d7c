"""The engine ``gridscan`` of xarray: ``xr.open_dataset("result.nc", engine="gridscan")``, also without gridscan."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xarray.backends import BackendEntrypoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr


class GridscanBackend(BackendEntrypoint):
    """Opens results of gridscan; each block is compared with its checksum when it is first read."""

    description = "Open results of gridscan, and compare their checksums when they are read"

    def open_dataset(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        mask_and_scale: bool = True,
        decode_times: bool = False,
        concat_characters: bool = True,
        decode_coords: Any = True,
        refuse_changed: bool = True,
    ) -> xr.Dataset:
        """Open a result, or another netCDF file.

        Parameters
        ----------
        filename_or_obj
            Path of a netCDF file or a zarr folder.
        drop_variables
            Names of variables to leave out.
        mask_and_scale, decode_times, concat_characters, decode_coords
            As of ``xarray.open_dataset``; times of results are numbers with units, not dates.
        refuse_changed
            Whether to refuse a result whose names or coordinates are not as gridscan wrote them, and to warn of
            attributes that somebody has edited.

        Returns
        -------
        xarray.Dataset
            As of ``gridscan.open``.

        Raises
        ------
        StoreError
            If the file is missing, damaged or neither netCDF nor zarr.
        """
        from gridscan.storage.opening import open_dataset

        decoding = {
            "drop_variables": drop_variables,
            "mask_and_scale": mask_and_scale,
            "decode_times": decode_times,
            "concat_characters": concat_characters,
            "decode_coords": decode_coords,
        }
        return open_dataset(Path(filename_or_obj), refuse_changed=refuse_changed, decoding=decoding)

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """Tell whether something is the path of a result of gridscan.

        Parameters
        ----------
        filename_or_obj
            What was given to ``xarray.open_dataset``.

        Returns
        -------
        bool
            False, without reading it, for all else.
        """
        if not isinstance(filename_or_obj, str | os.PathLike):
            return False
        from gridscan.storage.plain_files import has_record

        return has_record(Path(filename_or_obj))
