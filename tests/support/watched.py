"""A lazy array that counts how often each of its blocks is read, and how many of them are in memory at a time."""

import threading
import weakref
from collections import Counter

import dask.array as da
import numpy as np
import xarray as xr


class Watched:
    """Positive values that differ from block to block and within, in blocks of which every one is counted."""

    def __init__(self, chunks):
        self.reads = Counter()
        self.alive = self.most = 0
        self._lock = threading.Lock()
        self.data = da.map_blocks(self._block, chunks=chunks, dtype=float, meta=np.empty((0,) * len(chunks)))

    def _block(self, block_info=None):
        spans = block_info[None]["array-location"]
        shape = [end - start for start, end in spans]
        values = np.arange(float(np.prod(shape))).reshape(shape)
        values += 1 + sum((axis + 2) * start for axis, (start, _) in enumerate(spans))
        with self._lock:
            self.reads[block_info[None]["chunk-location"]] += 1
            self.alive += 1
            self.most = max(self.most, self.alive)
        weakref.finalize(values, self._gone)
        return values

    def _gone(self):
        # Without the lock: the collector may come while it is held.
        self.alive -= 1

    @property
    def block_bytes(self):
        return 8 * int(np.prod(self.data.chunksize))

    def dataset(self):
        """Return it as the rate ``y`` over axes a, b, c, … of numbers."""
        axes = "abcdef"[: self.data.ndim]
        sizes = dict(zip(axes, self.data.shape, strict=True))
        coords = {axis: (axis, np.arange(1.0, size + 1), {"units": "kpc"}) for axis, size in sizes.items()}
        return xr.Dataset({"y": (tuple(axes), self.data, {"units": "1/yr"})}, coords=coords)
