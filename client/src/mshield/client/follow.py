"""Follows a log from outside: each run reads only the entries since the previous one.

All entries are read, so that the log can't contain entries that nobody has seen; `look` receives each of
them. An interrupted run continues where it stopped.
"""

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from mshield.client.log import LogReader, Noted
from mshield.pki.errors import LogFormError, LogProofError
from mshield.pki.tlog.compact import Compact, Followed, parse_followed
from mshield.pki.tlog.merkle import leaf_hash
from mshield.pki.tlog.note import VerifierKey
from mshield.pki.tlog.tiles import HEIGHT, WIDTH

AT_ONCE: Final = 8
"""Number of bundles fetched in parallel."""

_STEP: Final = 64
"""Number of bundles after which the state is saved."""

Keep = Callable[[Followed], None]
Look = Callable[[int, bytes], None]


def follow(
    reader: LogReader, state: Followed, *, keep: Keep, look: Look | None = None
) -> tuple[Noted, Followed]:
    """Reads the entries since `state` and checks them against the log's current checkpoint, which is then trusted.

    `keep` is called with the state repeatedly, finally with the new checkpoint. Raises: LogProofError if the
    log was truncated or rewritten, or its entries don't match its checkpoint; ClientError.
    """
    noted = reader.checkpoint()
    size, seen, trusted = noted.checkpoint.size, state.seen, state.checkpoint
    if size < max(seen.size, 0 if trusted is None else trusted.size):
        raise LogProofError(f"the log had {seen.size} entries and now has {size}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while seen.size < size:
            first, last = seen.size >> HEIGHT, min((seen.size >> HEIGHT) + _STEP, -(-size // WIDTH))
            for number, entries in zip(
                range(first, last),
                pool.map(partial(reader.bundle, size=size), range(first, last)),
                strict=True,
            ):
                seen = _extend(seen, number, entries, look)
            if seen.size < size:
                keep(replace(state, seen=seen))
    if seen.root != noted.checkpoint.root:
        raise LogProofError(
            "the entries do not fold to the checkpoint's root: the log was rewritten, or the entries are wrong"
        )
    followed = Followed(state.key, noted.note, seen)
    keep(followed)
    return noted, followed


def _extend(seen: Compact, number: int, entries: list[bytes], look: Look | None) -> Compact:
    new = entries[seen.size - (number << HEIGHT) :]
    if look is not None:
        for place, entry in enumerate(new, seen.size):
            look(place, entry)
    return seen.extend(map(leaf_hash, new))


def read_state(file: Path, key: VerifierKey) -> Followed:
    """Reads a state file; an initial state if there is none. Raises: LogFormError, LogSignatureError."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return Followed(key)
    except OSError as error:
        raise LogFormError(f"{file} can't be read") from error
    return parse_followed(content, key)


def write_state(file: Path, state: Followed) -> None:
    """Replaces the state file atomically. Raises: OSError."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(state.encode())
            new.flush()
            os.fsync(new.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
