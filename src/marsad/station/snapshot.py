"""A site as bytes, so that a journal can be replayed without the files it was made from."""

from __future__ import annotations

import base64
import hashlib
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import marsad
from marsad.sensing.site import Site


def _encode_array(value: Any) -> dict[str, Any]:
    if isinstance(value, np.ndarray):
        little = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        packed = base64.b64encode(zlib.compress(little.tobytes(), 6)).decode()
        return {"dtype": little.dtype.str, "shape": list(value.shape), "zlib": packed}
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"a site holds no {type(value).__name__}")


def _decode_array(_: type, value: Any) -> Any:
    content = zlib.decompress(base64.b64decode(value["zlib"]))
    return np.frombuffer(content, dtype=np.dtype(value["dtype"])).reshape(value["shape"]).copy()


def encode_site(site: Site) -> bytes:
    """Give a site as JSON, arrays compressed inside."""
    return msgspec.json.encode(site, enc_hook=_encode_array)


def decode_site(content: bytes) -> Site:
    """Give the site back, equal to the last bit."""
    return msgspec.json.decode(content, type=Site, dec_hook=_decode_array)


@cache
def code_digest() -> str:
    """Name the code of the package by its content: two runs of one journal can be equal only on one code."""
    package = Path(marsad.__file__).parent
    total = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        total.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def digest(content: bytes) -> str:
    """Name a site by its content."""
    return hashlib.sha256(content).hexdigest()
