"""Digests of running values, functions and classes by content, the same in every process."""

from __future__ import annotations

import collections
import copyreg
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import inspect
import re
import sys
import types
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from gridscan.fingerprint import bytecode
from gridscan.fingerprint.contents import files_in, simpler
from gridscan.fingerprint.digest import digest
from gridscan.fingerprint.modules import is_followed

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN = {type(None), bool, int, float, complex, str, bytes, bytearray, type(...), type(NotImplemented), range, slice}
_SAID_BY_REPR = (
    *(fractions.Fraction, decimal.Decimal, datetime.date, datetime.time, datetime.timedelta, datetime.timezone),
    *(types.GenericAlias, types.UnionType, types.MemberDescriptorType, types.GetSetDescriptorType),
)
_FIELD_GETTER = type(vars(collections.namedtuple("Pair", "first"))["first"])
_SEQUENCES = {list, tuple, collections.deque}
_MAPPINGS = {dict, collections.OrderedDict, collections.defaultdict, collections.Counter, types.MappingProxyType}
# Attributes of classes that follow from the rest, or do not matter for what they do.
_NOT_OF_A_CLASS = {"__dict__", "__weakref__", "__module__", "__doc__", "__annotations__", "__annotate__", "_abc_impl"}
_NOT_OF_A_CLASS |= {"__dataclass_fields__", "__dataclass_params__", "__static_attributes__", "__firstlineno__"}


class Incomparable(Exception):
    """A value that cannot be compared with that of another process; the argument is its kind."""


class Values:
    """Digests of values.

    Parameters
    ----------
    met
        Called with every function, class and module that a value holds.
    """

    def __init__(self, met: Callable[[Any], None]) -> None:
        self._met = met
        # The values that hold the present one, and how deep they are.
        self._open: dict[int, int] = {}

    def of(self, value: Any) -> bytes:
        """Return the digest of a value.

        Raises
        ------
        Incomparable
            If it holds something whose content cannot be read.
        """
        kind = type(value)
        if kind in _PLAIN:
            return digest(kind.__name__, repr(value))
        if id(value) in self._open:
            return digest("around", len(self._open) - self._open[id(value)])
        self._open[id(value)] = len(self._open)
        try:
            return digest(kind.__name__, *self._parts(value))
        except Incomparable:
            raise
        except Exception:
            # Nested too deeply, closed, or a proxy without its object.
            raise Incomparable(kind.__name__) from None
        finally:
            del self._open[id(value)]

    def of_function(self, function: types.FunctionType) -> bytes:
        """Return the digest of the code, defaults, closure and attributes of a function, without the names it uses."""
        closure = [self._of_cell(cell) for cell in function.__closure__ or ()]
        rest = [self.of(item) for item in (function.__defaults__, function.__kwdefaults__, vars(function)) if item]
        return digest(bytecode.content(function.__code__), repr((len(closure), len(rest))), *closure, *rest)

    def of_class(self, kind: type) -> tuple[bytes, list[str]]:
        """Return the digest of what a class defines, and the kinds of what could not be compared."""
        parts, unknown = [], []
        for base in (*kind.__bases__, type(kind)):
            parts.append(self.of(base))
        for name, item in vars(kind).items():
            if name not in _NOT_OF_A_CLASS:
                try:
                    parts.append(digest(name, self.of(item)))
                except Incomparable as unsure:
                    unknown.append(str(unsure))
        return digest(*parts), unknown

    def _of_cell(self, cell: types.CellType) -> bytes:
        try:
            content = cell.cell_contents
        except ValueError:
            return b"empty"
        return self.of(content)

    def _parts(self, value: Any) -> list[str | bytes]:
        kind = type(value)
        if kind in _SEQUENCES:
            return [repr(getattr(value, "maxlen", None)), *map(self.of, value)]
        if kind in _MAPPINGS:
            factory = self.of(getattr(value, "default_factory", None))
            return [factory, *(self.of(item) for pair in value.items() for item in pair)]
        if kind in (set, frozenset):
            return [*sorted(map(self.of, value))]
        if kind is np.ndarray or isinstance(value, np.generic):
            return self._parts_of_array(value)
        if isinstance(value, types.ModuleType):
            self._met(value)
            return [value.__name__]
        if isinstance(value, type):
            self._met(value)
            return [value.__module__, value.__qualname__]
        if parts := self._parts_of_callable(value):
            return parts
        held = simpler(value)
        return self._parts_of_object(value) if held is None else [*map(self.of, held)]

    def _parts_of_array(self, value: Any) -> list[str | bytes]:
        if value.dtype.hasobject:
            return [repr(value.dtype), repr(value.shape), self.of(value.tolist())]
        return [repr(value.dtype), repr(value.shape), value.tobytes()]

    def _parts_of_callable(self, value: Any) -> list[str | bytes]:
        if (reference := _reference(value)) is not None:
            self._met(sys.modules[reference[0]])
            return [*reference]
        if isinstance(value, types.FunctionType):
            self._met(value)
            return [value.__module__ or "", value.__qualname__, self.of_function(value)]
        if isinstance(value, types.MethodType | staticmethod | classmethod):
            return [self.of(getattr(value, "__self__", None)), self.of(value.__func__)]
        if isinstance(
            value, types.WrapperDescriptorType | types.MethodDescriptorType | types.ClassMethodDescriptorType
        ):
            return [value.__name__, self.of(value.__objclass__)]
        if isinstance(value, types.BuiltinMethodType | types.MethodWrapperType) and value.__self__ is not None:
            return [value.__name__, self.of(value.__self__)]
        if type(value) is functools.partial:
            return [self.of(value.func), self.of(value.args), self.of(value.keywords)]
        if isinstance(value, property):
            return [*map(self.of, (value.fget, value.fset, value.fdel))]
        if isinstance(value, functools.cached_property):
            return [self.of(value.func)]
        # The content of a cache follows from the function that it wraps.
        return [self.of(vars(value))] if type(value) is functools._lru_cache_wrapper else []

    def _parts_of_object(self, value: Any) -> list[str | bytes]:
        kind = type(value)
        if isinstance(value, enum.Enum):
            return [self.of(kind), value.name, self.of(value.value)]
        if isinstance(value, PurePath | inspect.Signature):
            return [str(value)]
        if kind in _SAID_BY_REPR or kind.__module__ == "typing" or isinstance(value, datetime.date | np.dtype):
            return [repr(value)]
        if kind is _FIELD_GETTER:
            return [repr(value.__reduce__()[1][0])]
        if kind is types.SimpleNamespace:
            return [self.of(vars(value))]
        if isinstance(value, re.Pattern):
            return [self.of(value.pattern), repr(value.flags)]
        if dataclasses.is_dataclass(value):
            attributes = {field.name: getattr(value, field.name, None) for field in dataclasses.fields(value)}
            return [self.of(kind), self.of({**attributes, **getattr(value, "__dict__", {})})]
        return self._parts_of_state(value)

    def _parts_of_state(self, value: Any) -> list[str | bytes]:
        """Return all that an object holds as Python sees it, or as its class says that it can be made again."""
        kind = type(value)
        own = is_followed(kind.__module__, getattr(sys.modules.get(kind.__module__), "__file__", None))
        methods = ("__reduce__", "__reduce_ex__", "__getstate__")
        registered = copyreg.dispatch_table.get(kind)
        says = registered or any(getattr(kind, name) is not getattr(object, name) for name in methods)
        try:
            reduced = value.__reduce_ex__(4) if registered is None else registered(value)
            if isinstance(reduced, str):
                return [*self._parts_of_name(value, reduced)]
            made_by, made_of, state, *items = (*reduced, None)[: max(len(reduced), 3)]
            files = [] if own else [digest(*named) for named in files_in((made_of, state))]
        except Exception:
            raise Incomparable(kind.__name__) from None
        items = [list(part) if hasattr(part, "__next__") else part for part in items if part is not None]
        # A class of the user may leave out what it thinks can be made again.
        rest = [vars(value)] if own and says and hasattr(value, "__dict__") else []
        first = [made_by] if says else []
        return [*map(self.of, [*first, *made_of, state, *items, *rest]), *files]

    def _parts_of_name(self, value: Any, name: str) -> list[str]:
        """Return the place of an object that is one of its kind, such as a missing value."""
        module = type(value).__module__
        places = (module, module.partition(".")[0], getattr(value, "__module__", None))
        place = next(item for item in places if getattr(sys.modules.get(str(item)), name, None) is value)
        self._met(sys.modules[str(place)])
        return [str(place), name]


def _reference(value: Any) -> tuple[str, str] | None:
    """Return module and name of an object of an installed module, whose version stands for it."""
    if isinstance(value, np.ufunc):
        places: tuple[Any, ...] = ("numpy", "scipy.special")
    else:
        places = (getattr(value, "__module__", None),)
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    if not isinstance(name, str):
        return None
    for place in places:
        module = sys.modules.get(place) if isinstance(place, str) else None
        if module is not None and not is_followed(place, getattr(module, "__file__", None)):
            found: Any = module
            for part in name.split("."):
                found = getattr(found, part, None)
            if found is value:
                return place, name
    return None
