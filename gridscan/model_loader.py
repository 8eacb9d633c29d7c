"""The models that ship with gridscan, and loading one of one's own from a Python file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

from gridscan.errors import GridscanError, ModelError, listed, nearest
from gridscan.fingerprint import SourceLoader
from gridscan.model import Model

#: Module of each shipped model; it is imported when it is asked for.
SHIPPED = {
    "red_supergiants": "gridscan.models.red_supergiants.model",
    "boosted_dark_matter": "gridscan.models.boosted_dark_matter.model",
}


def load_model(name: str) -> Model:
    """Return a model by name, or from a file as ``path/to/file.py:name``.

    Running a model runs its code, so a file is only ever named by the user, never by a scenario.

    Parameters
    ----------
    name
        Name of a model, or a Python file and the name of a model in it (``model`` by default).

    Returns
    -------
    Model
        Checked: its wiring is right.

    Raises
    ------
    ModelError
        If there is no such model, or its wiring is faulty.

    Examples
    --------
    >>> import gridscan as gs
    >>> model = gs.model("red_supergiants")
    >>> str(model.parameters["sfr"].unit), model.parameters["sfr"].default
    ('solar_mass / year', 2.0)
    """
    if ".py" in name:
        return _load_from_file(name)
    if name not in SHIPPED:
        hint = nearest(name, SHIPPED)
        raise ModelError(
            f"unknown model {name!r}{hint}; shipped are {listed(SHIPPED)};"
            " one of your own is named with --model FILE.py:NAME"
        )
    model: Model = importlib.import_module(SHIPPED[name]).model
    return model.check()


def _load_from_file(name: str) -> Model:
    file, _, attribute = name.rpartition(":") if not name.endswith(".py") else (name, "", "model")
    path = Path(file).resolve()
    if not path.is_file():
        raise ModelError(f"there is no model file {file}")
    module_name = f"gridscan_user_model_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path, loader=SourceLoader(module_name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # The folder stays on the path: what the model imports from beside it may be imported late.
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except GridscanError:
        raise
    except Exception as error:
        raise ModelError(f"{file} cannot be imported: {type(error).__name__}: {error}") from error
    found = getattr(module, attribute, None)
    if not isinstance(found, Model):
        models = [key for key, value in vars(module).items() if isinstance(value, Model)]
        raise ModelError(f"{file} holds no model {attribute!r}{nearest(attribute, models)}; it holds {listed(models)}")
    return found.check()
