"""Makes ``ds.gridscan`` known to xarray: at once where that is loaded, otherwise as soon as it is."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_XARRAY = "xarray"


def register() -> None:
    """Register the accessors with xarray, now or when it is imported; xarray itself is not imported for it."""
    if hasattr(sys.modules.get(_XARRAY), "register_dataset_accessor"):
        _register()
    else:
        sys.meta_path.insert(0, _Waiting())


def _register() -> None:
    xarray: Any = sys.modules[_XARRAY]
    # The accessors need pint and scipy, for which nobody should wait who only opens a file.
    xarray.register_dataset_accessor("gridscan")(_of_dataset)
    xarray.register_dataarray_accessor("gridscan")(_of_array)


def _of_dataset(dataset: Any) -> Any:
    return import_module("gridscan.accessor").GridscanAccessor(dataset)


def _of_array(array: Any) -> Any:
    return import_module("gridscan.array_accessor").GridscanArrayAccessor(array)


class _Waiting(MetaPathFinder):
    """Finds no module of its own, but sees when xarray is imported."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return how to import xarray and to register then; None for all other modules."""
        if name != _XARRAY:
            return None
        others = (finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec"))
        spec = next((found for finder in others if (found := finder.find_spec(name, path, target)) is not None), None)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            execute = loader.exec_module

            def then_register(module: ModuleType) -> None:
                execute(module)
                if self in sys.meta_path:
                    sys.meta_path.remove(self)
                    _register()

            loader.exec_module = then_register
        return spec
