"""What a value of a library holds, as simpler values: arrays, texts, numbers, and the objects that these are in.

No library is imported for this: a value of it can only be there if it has been.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from functools import lru_cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Times of files are those of a clock that ticks: a file that has just changed is read again.
_SETTLED = 2.0
_DEPTH_OF_PATHS = 4
# Size up to which a dask array is computed to be compared.
_COMPUTED = 2**26


class Unreadable(Exception):
    """A value whose content lies where it cannot be read."""


def simpler(value: Any) -> tuple[Any, ...] | None:
    """Return what a value of a library holds, or None where no rule is known for it.

    Raises
    ------
    Unreadable
        If its content cannot be read, as where it is in another process.
    """
    for module, name, rule in _RULES:
        loaded = sys.modules.get(module)
        # What a library would load first when asked has no instances.
        kind = vars(loaded).get(name) if loaded is not None else None
        if isinstance(kind, type) and isinstance(value, kind):
            return (name, *rule(value))
    if callable(getattr(type(value), "__dask_graph__", None)):
        # Names in a graph may differ from process to process.
        if hasattr(value, "chunks") and getattr(value, "nbytes", np.nan) <= _COMPUTED:
            return "computed", repr(value.chunks), np.asarray(value.compute(scheduler="synchronous"))
        return "dask", value.__dask_keys__(), dict(value.__dask_graph__())
    return None


def digest_of_file(path: str) -> bytes:
    """Return the digest of the content of a file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    state = os.stat(path)
    changed = max(state.st_mtime, state.st_ctime)
    if not 0 <= time.time() - changed < _SETTLED:
        return _digest_of_settled(path, state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)
    return _digest_of_settled.__wrapped__(path, 0, 0, 0, 0)


@lru_cache(maxsize=256)
def _digest_of_settled(path: str, _modified: int, _changed: int, _size: int, _node: int) -> bytes:
    with open(path, "rb") as file:
        found = hashlib.blake2b(digest_size=8)
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.digest()


def files_in(parts: Any, depth: int = _DEPTH_OF_PATHS) -> Iterator[tuple[str, bytes]]:
    """Yield the files that the parts of an object of a library name, and the digests of their content.

    Raises
    ------
    Unreadable
        If they name a folder, or a file that cannot be read.
    """
    if isinstance(parts, str | PurePath):
        name = os.fspath(parts)
        if os.sep in name and len(name) < 4096 and "\0" not in name and "\n" not in name:
            try:
                if os.path.isdir(name) and os.path.isabs(name):
                    raise Unreadable
                if os.path.isfile(name):
                    yield name, digest_of_file(name)
            except OSError:
                raise Unreadable from None
    elif depth and isinstance(parts, dict):
        for item in parts.values():
            yield from files_in(item, depth - 1)
    elif depth and isinstance(parts, list | tuple):
        for item in parts:
            yield from files_in(item, depth - 1)


def _array(value: Any) -> tuple[Any, ...]:
    return (value.view(np.ndarray), {name: item for name, item in _attributes(value).items() if name != "info"})


def _masked(value: Any) -> tuple[Any, ...]:
    mask = np.ma.getmaskarray(value)
    return value.data.view(np.ndarray), mask, value.fill_value, bool(value.hardmask)


def _attributes(value: Any) -> dict[str, Any]:
    return dict(getattr(value, "__dict__", {}))


def _buffer(value: Any) -> tuple[Any, ...]:
    with memoryview(value) as view:
        return view.format, view.shape, view.tobytes()


def _frame(value: Any) -> tuple[Any, ...]:
    columns = [value.iloc[:, place].array for place in range(value.shape[1])]
    return value.columns, value.index, columns, dict(value.attrs)


def _index(value: Any) -> tuple[Any, ...]:
    if hasattr(value, "levels"):
        return list(value.levels), [np.asarray(codes) for codes in value.codes], list(value.names)
    return value.array, value.name


def _extension_array(value: Any) -> tuple[Any, ...]:
    if hasattr(value, "categories"):
        return value.categories, bool(value.ordered), np.asarray(value.codes)
    numpy_like = getattr(value, "_ndarray", None)
    if isinstance(numpy_like, np.ndarray) and not numpy_like.dtype.hasobject:
        return str(value.dtype), numpy_like
    if isinstance(getattr(value, "_data", None), np.ndarray) and isinstance(getattr(value, "_mask", None), np.ndarray):
        return str(value.dtype), value._data, value._mask
    return str(value.dtype), value.to_numpy(dtype=object).tolist()


def _quantity_of_pint(value: Any) -> tuple[Any, ...]:
    return value.magnitude, value.units


def _unit_of_pint(value: Any) -> tuple[Any, ...]:
    registry, units = value._REGISTRY, value._units
    factor, base = registry.get_base_units(units, check_nonmult=False)
    return sorted((name, repr(power)) for name, power in units.items()), repr(factor), str(base)


def _quantity_of_astropy(value: Any) -> tuple[Any, ...]:
    others = {name: item for name, item in _attributes(value).items() if name not in ("_unit", "info")}
    return np.asarray(value.value), value.unit, others


def _unit_of_astropy(value: Any) -> tuple[Any, ...]:
    base = value.decompose()
    scale = [repr(getattr(base, "scale", None)), [repr(power) for power in getattr(base, "powers", ())]]
    return value.to_string(), base.to_string(), scale


def _table_of_astropy(value: Any) -> tuple[Any, ...]:
    return list(value.colnames), [value[name] for name in value.colnames], dict(value.meta)


def _column_of_astropy(value: Any) -> tuple[Any, ...]:
    content = _masked(value) if isinstance(value, np.ma.MaskedArray) else (value.view(np.ndarray),)
    return *content, value.name, value.unit


def _variable_of_xarray(value: Any) -> tuple[Any, ...]:
    data = value._data
    lazily = isinstance(data, np.ndarray) or callable(getattr(type(data), "__dask_graph__", None))
    return value.dims, data if lazily else np.asarray(value.to_numpy()), dict(value.attrs)


def _labelled(value: Any) -> tuple[Any, ...]:
    return value.name, value.variable, {name: item.variable for name, item in value.coords.items()}


def _dataset(value: Any) -> tuple[Any, ...]:
    return sorted(map(str, value.coords)), dict(value.variables), dict(value.attrs)


def _tree(value: Any) -> tuple[Any, ...]:
    return ({path: _dataset(node.to_dataset()) for path, node in value.subtree_with_keys},)


def _polynomial(value: Any) -> tuple[Any, ...]:
    return type(value), value.coef, value.domain, value.window


def _frozen(value: Any) -> tuple[Any, ...]:
    return value.dist, value.args, value.kwds


def _distribution(value: Any) -> tuple[Any, ...]:
    return type(value), {name: item for name, item in value._updated_ctor_param().items() if name != "seed"}


def _spline(value: Any) -> tuple[Any, ...]:
    # The rest is space to work in, with whatever was there before.
    return type(value), value._eval_args, value.ext, getattr(value, "_data", ())[:3]


def _generator(value: Any) -> tuple[Any, ...]:
    return (value.bit_generator,)


def _bit_generator(value: Any) -> tuple[Any, ...]:
    return value.state, getattr(value, "seed_seq", None)


def _seeds(value: Any) -> tuple[Any, ...]:
    return value.entropy, tuple(value.spawn_key), value.pool_size, value.n_children_spawned


def _members(value: Any) -> tuple[Any, ...]:
    return ({name: value[name] for name in value.files},)


def _dataset_of_h5py(value: Any) -> tuple[Any, ...]:
    return value.dtype, value[()], dict(value.attrs)


def _group_of_h5py(value: Any) -> tuple[Any, ...]:
    linked = sys.modules["h5py"].HardLink
    if any(not isinstance(value.get(name, getlink=True), linked) for name in value):
        raise Unreadable
    return {name: value[name] for name in value}, dict(value.attrs)


def _variable_of_netcdf4(value: Any) -> tuple[Any, ...]:
    told = {name: value.getncattr(name) for name in value.ncattrs()}
    switches = value.scale, value.mask, value.always_mask
    return value.name, value.dimensions, np.ma.MaskedArray(value[...]), told, switches


def _dataset_of_netcdf4(value: Any) -> tuple[Any, ...]:
    told = {name: value.getncattr(name) for name in value.ncattrs()}
    return dict(value.variables), dict(value.groups), told


def _library(value: Any) -> tuple[Any, ...]:
    # Of a library that is searched for, or this process itself, no file is known.
    if not value._name or not os.path.isfile(value._name):
        raise Unreadable
    return (digest_of_file(value._name),)


def _symbol(value: Any) -> tuple[Any, ...]:
    owner = getattr(value, "_objects", None) or {}
    libraries = [item for item in owner.values() if hasattr(item, "_name")]
    if not libraries:
        raise Unreadable
    return value.__name__, [_library(item) for item in libraries], value.argtypes, value.restype


def _unreadable(_value: Any) -> tuple[Any, ...]:
    raise Unreadable


def _nothing(_value: Any) -> tuple[Any, ...]:
    return ()


_Rule = tuple[str, str, "Callable[[Any], tuple[Any, ...]]"]
#: By module and class, what the instances hold; the first that fits.
_RULES: tuple[_Rule, ...] = (
    ("astropy.table", "Column", _column_of_astropy),
    ("astropy.table", "Table", _table_of_astropy),
    ("astropy.units", "Quantity", _quantity_of_astropy),
    ("astropy.units", "UnitBase", _unit_of_astropy),
    ("numpy.ma", "MaskedArray", _masked),
    ("numpy", "memmap", lambda value: (value.view(np.ndarray),)),
    ("numpy", "ndarray", _array),
    ("builtins", "memoryview", _buffer),
    ("mmap", "mmap", _buffer),
    ("multiprocessing.shared_memory", "SharedMemory", lambda value: (bytes(value.buf),)),
    ("multiprocessing.managers", "BaseProxy", _unreadable),
    ("pandas", "DataFrame", _frame),
    ("pandas", "Series", lambda value: (value.array, value.index, value.name, dict(value.attrs))),
    ("pandas", "Index", _index),
    ("pandas.api.extensions", "ExtensionArray", _extension_array),
    ("pint.facets.plain", "PlainQuantity", _quantity_of_pint),
    ("pint.facets.plain", "PlainUnit", _unit_of_pint),
    ("xarray", "Variable", _variable_of_xarray),
    ("xarray", "DataArray", _labelled),
    ("xarray", "Dataset", _dataset),
    ("xarray", "DataTree", _tree),
    ("numpy.polynomial._polybase", "ABCPolyBase", _polynomial),
    ("scipy.stats._distn_infrastructure", "rv_frozen", _frozen),
    ("scipy.stats._distn_infrastructure", "rv_generic", _distribution),
    ("scipy.stats._multivariate", "multi_rv_generic", lambda value: (type(value),)),
    ("scipy.interpolate", "UnivariateSpline", _spline),
    ("numpy.random", "Generator", _generator),
    ("numpy.random", "BitGenerator", _bit_generator),
    ("numpy.random", "SeedSequence", _seeds),
    ("numpy.random", "RandomState", lambda value: (value.get_state(legacy=False),)),
    ("random", "SystemRandom", _unreadable),
    ("random", "Random", lambda value: (value.getstate(),)),
    ("numpy.lib.npyio", "NpzFile", _members),
    ("h5py", "Dataset", _dataset_of_h5py),
    ("h5py", "Group", _group_of_h5py),
    ("netCDF4", "Variable", _variable_of_netcdf4),
    ("netCDF4", "Dataset", _dataset_of_netcdf4),
    ("zarr", "Array", lambda value: (value[...], dict(value.attrs))),
    ("zarr", "Group", lambda value: (dict(value.members()), dict(value.attrs))),
    ("numba.core.dispatcher", "Dispatcher", lambda value: (value.py_func, dict(value.targetoptions))),
    ("ctypes", "CDLL", _library),
    ("ctypes", "_CFuncPtr", _symbol),
    ("_thread", "LockType", _nothing),
    ("_thread", "RLock", _nothing),
)
