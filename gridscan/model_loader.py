"""Models by name: those of installed packages, any other as MODULE:NAME or FILE.py:NAME.

A package declares its models as entry points of the group ``gridscan.models``, as gridscan itself does:

    [project.entry-points."gridscan.models"]
    pendulum = "my_package.model:model"
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from gridscan.errors import GridscanError, ModelError, listed, nearest
from gridscan.fingerprint.identity import SourceLoader
from gridscan.inputs.shipped_files import ENTRY_POINTS
from gridscan.model import Model

_OWN = "gridscan"


@dataclass(frozen=True)
class Installed:
    """A model of an installed package, known from the metadata of the package alone.

    Attributes
    ----------
    package
        Name and version of the package.
    rivals
        Other installed packages that have a model of this name.
    """

    name: str
    package: str
    entry: EntryPoint
    rivals: tuple[str, ...] = ()

    @property
    def ships(self) -> bool:
        """Whether it ships with gridscan."""
        return self.package.partition(" ")[0] == _OWN

    def load(self) -> Model:
        """Import the model.

        Returns
        -------
        Model
            Checked.

        Raises
        ------
        ModelError
            If it cannot be imported, is not a model, has another name, or several packages have one of its name.
        """
        if self.rivals and not self.ships:
            raise ModelError(
                f"model {self.name!r} is in several installed packages: {listed([self.package, *self.rivals])};"
                f" uninstall all but one, or choose one with --model {self.entry.value}"
            )
        try:
            found = self.entry.load()
        except (Exception, SystemExit) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise ModelError(f"model {self.name!r} of {self.package} cannot be imported: {reason}") from error
        if not isinstance(found, Model):
            raise ModelError(f"model {self.name!r} of {self.package}: {self.entry.value} is not a gridscan.Model")
        if found.name != self.name:
            raise ModelError(f"model {self.name!r} of {self.package} calls itself {found.name!r}; use one name")
        return found.check()


def installed_models() -> dict[str, Installed]:
    """Return the models of installed packages by name, gridscan's own first, without importing any."""
    return dict(_installed(tuple(sys.path)))


@functools.lru_cache(maxsize=4)
def _installed(_path: tuple[str, ...]) -> dict[str, Installed]:
    found: dict[str, list[tuple[str, EntryPoint]]] = {}
    for entry in entry_points(group=ENTRY_POINTS):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else "unknown package"
        found.setdefault(entry.name, []).append((package, entry))
    models = []
    for name, owners in found.items():
        # A shipped model wins; the others are in the order of their packages.
        (package, entry), *others = sorted(owners, key=lambda owner: (owner[0].split(" ")[0] != _OWN, owner[0]))
        models.append(Installed(name, package, entry, tuple(other for other, _ in others)))
    return {item.name: item for item in sorted(models, key=lambda item: not item.ships)}


def shipped_models() -> list[str]:
    """Return the names of the models that ship with gridscan."""
    return [name for name, item in installed_models().items() if item.ships]


def is_code(name: str) -> bool:
    """Return whether a name points to code in a file or a module, which a scenario must not name.

    Parameters
    ----------
    name
        Name of a model.

    Returns
    -------
    bool
        True for ``file.py:name`` and ``module:name``.
    """
    return ":" in name or ".py" in name


def load_model(name: str) -> Model:
    """Return a model of an installed package by name, or any other as ``path/to/file.py:name`` or ``module:name``.

    Loading a model runs its code, so only the user may name a file or module, never a scenario.

    Parameters
    ----------
    name
        Name of an installed model; or a Python file or a module, and the name of a model in it (``model`` by default).

    Returns
    -------
    Model
        Checked.

    Raises
    ------
    ModelError
        If there is no such model, it cannot be imported, or its declarations are faulty.

    Examples
    --------
    >>> import gridscan as gs
    >>> model = gs.model("red_supergiants")
    >>> str(model.parameters["sfr"].unit), model.parameters["sfr"].default
    ('solar_mass / year', 2.0)
    """
    if ".py" in name:
        return _load_from_file(name)
    if ":" in name:
        return _load_from_module(name)
    known = installed_models()
    if name not in known:
        raise ModelError(
            f"unknown model {name!r}{nearest(name, known)}; installed are {listed(known)};"
            " name one of your own with --model FILE.py:NAME or MODULE:NAME"
        )
    return known[name].load()


def _load_from_module(name: str) -> Model:
    module_name, _, attribute = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except GridscanError:
        raise
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise ModelError(f"module {module_name} cannot be imported: {type(error).__name__}: {error}") from error
        raise ModelError(f"no module {module_name!r}; install it, or give a file as FILE.py:NAME") from None
    except Exception as error:
        raise ModelError(f"module {module_name} cannot be imported: {type(error).__name__}: {error}") from error
    return _model_in(module, f"module {module_name}", attribute)


def _load_from_file(name: str) -> Model:
    file, _, attribute = name.rpartition(":") if not name.endswith(".py") else (name, "", "model")
    path = Path(file).resolve()
    if not path.is_file():
        raise ModelError(f"no such model file: {file}")
    module_name = f"gridscan_user_model_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path, loader=SourceLoader(module_name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # The folder stays on the path, since the model may import modules beside it later.
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except GridscanError:
        raise
    except Exception as error:
        raise ModelError(f"{file} cannot be imported: {type(error).__name__}: {error}") from error
    return _model_in(module, file, attribute)


def _model_in(module: Any, where: str, attribute: str) -> Model:
    found = getattr(module, attribute, None)
    if not isinstance(found, Model):
        models = [key for key, value in vars(module).items() if isinstance(value, Model)]
        raise ModelError(f"{where} has no model {attribute!r}{nearest(attribute, models)}; it has {listed(models)}")
    return found.check()
