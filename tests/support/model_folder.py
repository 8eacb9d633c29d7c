"""A folder with a model and the modules beside it, which tests edit."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import textwrap
from pathlib import Path


class Folder:
    """A folder with a model and the modules beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str) -> None:
        target = self.path / name
        target.parent.mkdir(exist_ok=True)
        target.write_text(textwrap.dedent(text), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.path / name).read_text(encoding="utf-8")
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))

    def forget(self) -> None:
        """Let the next import read the files anew."""
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None)).startswith(str(self.path)):
                del sys.modules[name]
        importlib.invalidate_caches()

    def load(self, name: str = "small.py"):
        """Return a model file as it is now, with new modules, like a new process."""
        self.forget()
        return self.load_again(name)

    def load_again(self, name: str = "small.py", loader=None):
        """Return a model file with the modules that are there already."""
        path = self.path / name
        spec = importlib.util.spec_from_file_location(f"gridscan_user_model_{path.stem}", path, loader=loader)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
