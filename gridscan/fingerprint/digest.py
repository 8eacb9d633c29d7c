"""The digest by which everything is identified by content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

#: Prefix of a digest that differs each time.
NEVER_AGAIN = "?"


def digest(*parts: Any, size: int = 8) -> bytes:
    """Return a digest of some parts by content; a single one of bytes is hashed as it is.

    Parameters
    ----------
    parts
        Bytes, texts, arrays, and plain data, which is digested as JSON.
    size
        Number of bytes of the digest.

    Examples
    --------
    >>> digest(b"a").hex() == digest("a").hex()
    True
    >>> digest("ab", "c").hex() == digest("a", "bc").hex()
    False
    """
    found = hashlib.blake2b(digest_size=size)
    encoded = [_encoded(part) for part in parts]
    if len(encoded) == 1:
        found.update(encoded[0])
    else:
        for raw in encoded:
            found.update(len(raw).to_bytes(8, "little") + raw)
    return found.digest()


def _encoded(part: Any) -> bytes:
    if isinstance(part, bytes):
        return part
    if isinstance(part, str):
        return part.encode("utf-8", "surrogatepass")
    if isinstance(part, np.ndarray):
        return f"{part.dtype.str} {part.shape} ".encode() + part.tobytes()
    return json.dumps(part, sort_keys=True, default=str).encode()


def number_of(content: bytes) -> int:
    """Return the digest of some bytes as a whole number below 2^64."""
    return int.from_bytes(digest(content), "little")


def joined(found: set[str]) -> str:
    """Return one digest for everything under one name."""
    never = [item for item in found if item.startswith(NEVER_AGAIN)]
    return [*never, *found][0] if never or len(found) == 1 else digest(*sorted(found)).hex()


def told_apart(thing: Any, name: str, called: str) -> str:
    """Return the name of code with what it is for, where other functions of a model may have the same name.

    Those made by another function, lambdas, partial functions and instances of a class.
    """
    return f"{name} (as {called})" if called and "<" in getattr(thing, "__qualname__", "<") else name
