"""Running code as on a processor without vector instructions."""

from __future__ import annotations

import os
import subprocess
import sys

try:
    from numpy._core import _multiarray_umath as core
except ImportError:  # numpy 1.26
    from numpy.core import _multiarray_umath as core

#: Extensions that glibc chooses its functions by.
_GLIBC = ",".join(f"-{name}" for name in ("AVX512F", "AVX512VL", "AVX2", "AVX", "FMA", "FMA4"))


def printed_everywhere(code: str) -> list[str]:
    """Return what code prints with the vector instructions of this processor, and without any.

    Parameters
    ----------
    code
        Python.

    Returns
    -------
    list of str
        Two texts.
    """
    features = [name for name in core.__cpu_dispatch__ if core.__cpu_features__.get(name)]
    without = {"NPY_DISABLE_CPU_FEATURES": " ".join(features), "GLIBC_TUNABLES": f"glibc.cpu.hwcaps={_GLIBC}"}
    return [_printed(code, {}), _printed(code, without)]


def _printed(code: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    )
    return done.stdout
