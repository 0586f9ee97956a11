"""Arrays and facts in one safetensors file: what models and checkpoints are made of. No pickle, ever.

The facts are one JSON text in the file's metadata, and beside it stands a SHA-256 of facts and arrays: safetensors
itself would not notice a bit that flipped in a weight. A file is checked before anything is allocated: safetensors
refuses a header that claims more than the file holds, and `read` gives the arrays only to a caller who has named
their shapes.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from numink.errors import NuminkError
from numink.files import replacing
from numink.nn.params import Array, Shape

FACTS, DIGEST = "numink", "sha256"  # the metadata's keys
DTYPES = {"float32": "F32", "float64": "F64"}  # NumPy's name -> safetensors'
Wanted: TypeAlias = Mapping[str, tuple[Shape, str]]  # name -> shape, dtype


def write(path: str | Path, arrays: Mapping[str, Array], facts: Mapping[str, Any]) -> None:
    """Write the file, whole or not at all. Raises RunError where it cannot be written."""
    from safetensors.numpy import save

    text = json.dumps(facts)
    contents = save(dict(arrays), metadata={FACTS: text, DIGEST: _digest(text, arrays)})
    with replacing(path) as file:
        file.write(contents)


def read(
    path: str | Path, wanted: Callable[[dict[str, Any]], Wanted], what: str, error: type[NuminkError]
) -> tuple[dict[str, Array], dict[str, Any]]:
    """The arrays by name, and the facts. `wanted` says from the facts which arrays there must be.

    Raises `error`, one line that calls the file `what`, for anything else than such a file: missing, truncated,
    damaged, foreign, of other arrays, with numbers that are not finite.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    try:
        if not path.is_file():  # a pipe or a device could block, or never end
            raise error(f"there is no file {path}; expected a {what}")
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            facts = json.loads(metadata[FACTS])
            expected = wanted(facts)
            if set(file.keys()) != set(expected):
                raise error(f"{path} is no {what} of numink's: its arrays are not those of its network")
            for name, (shape, dtype) in expected.items():
                found = file.get_slice(name)
                if tuple(found.get_shape()) != shape or found.get_dtype() != DTYPES[dtype]:
                    raise error(
                        f"{path} is no {what} of numink's: {name} should be {shape} of {dtype}, "
                        f"but {tuple(found.get_shape())} of {found.get_dtype()} came"
                    )
            arrays = {name: file.get_tensor(name) for name in expected}
    except NuminkError:
        raise
    except OSError as reason:
        raise error(f"cannot read {path}: {(reason.strerror or str(reason)).lower()}") from None
    except SafetensorError as reason:
        raise error(f"{path} is damaged or no {what} (expected a safetensors file): {_line(reason)}") from None
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
        raise error(f"{path} is no {what} of numink's: what it says of itself is missing or wrong") from None
    if metadata.get(DIGEST) != _digest(metadata[FACTS], arrays):
        raise error(f"{path} is damaged: its content is not what was written; copy it again, or go back to another")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise error(f"{path}: {name} holds numbers that are not finite; the {what} is of no use")
    return arrays, facts


def _digest(facts: str, arrays: Mapping[str, Array]) -> str:
    digest = hashlib.sha256(facts.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


def _line(reason: Exception) -> str:
    return " ".join(str(reason).split())[:200]
