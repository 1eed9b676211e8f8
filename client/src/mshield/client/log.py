"""HTTP reader of a transparency log, which trusts only what the log's key and hashes prove.

`LogReader` fetches checkpoints, tiles and entries (C2SP tlog-tiles) and makes proofs of them; an
`InclusionProof` is checked offline. Raises: ClientError, `mshield.pki.errors.LogError` (an invalid proof or
form).
"""

from dataclasses import dataclass
from typing import Final

import httpx

from mshield.client.connections import Closing, is_loopback
from mshield.client.errors import NetworkError, ProtocolError, problem_of
from mshield.pki.errors import LogError, LogFormError, LogProofError, LogSignatureError
from mshield.pki.tlog.entry import LogEntry, SignatureEntry, binding, parse_entry
from mshield.pki.tlog.merkle import (
    HASH_BYTES,
    Range,
    check_consistency,
    consistency_ranges,
    fold,
    inclusion_ranges,
    leaf_hash,
    subtrees,
)
from mshield.pki.tlog.note import Checkpoint, VerifierKey, open_checkpoint
from mshield.pki.tlog.proof import InclusionProof, Logged, check_signature_entry, parse_proof
from mshield.pki.tlog.tiles import HEIGHT, WIDTH, Tile, bundle_path, node_in, split_bundle, tile_at, tile_of

__all__ = [
    "Checkpoint",
    "InclusionProof",
    "LogEntry",
    "LogError",
    "LogFormError",
    "LogProofError",
    "LogReader",
    "LogSignatureError",
    "Logged",
    "Noted",
    "SignatureEntry",
    "VerifierKey",
    "binding",
    "check_signature_entry",
    "open_checkpoint",
    "parse_proof",
]

_SECONDS: Final = 30.0
_LONGEST: Final = 256 * (2 + 0xFFFF)
"""Size in bytes of the largest bundle that the format allows."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A checkpoint signed by the log's key, with the original note, which should be stored as a file."""

    note: str
    checkpoint: Checkpoint


class LogReader(Closing):
    """Reader of one log, whose URL and key are known from elsewhere; use it as a context manager, or call `close`."""

    def __init__(
        self, url: str, key: VerifierKey | str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Takes the log's URL, `https://shield.example/log`, and its vkey. Raises: LogFormError."""
        self.key = VerifierKey.parse(key) if isinstance(key, str) else key
        self._url = url.rstrip("/")
        self._http = httpx.Client(transport=transport, trust_env=not is_loopback(self._url), timeout=_SECONDS)
        self._tiles: dict[Tile, bytes] = {}

    def checkpoint(self) -> Noted:
        """Fetches the current checkpoint and verifies its signature."""
        note = self._get("checkpoint").decode("utf-8", "replace")
        return Noted(note, open_checkpoint(note, self.key))

    def check_grown(self, old: Checkpoint, new: Checkpoint) -> None:
        """Checks that the log at `new` begins with the log at `old`. Raises: LogProofError."""
        if old.size > new.size:
            raise LogProofError(f"the log had {old.size} entries and now has {new.size}")
        proof = self.consistency(old.size, new.size)
        check_consistency(old=old.size, size=new.size, old_root=old.root, root=new.root, proof=proof)

    def consistency(self, old: int, size: int) -> list[bytes]:
        """Returns the unchecked proof that the log of `size` entries begins with that of `old` entries."""
        return [self._hash(leaves, size) for leaves in consistency_ranges(old, size)]

    def prove(self, index: int, at: Noted) -> InclusionProof:
        """Returns a checked proof of the entry at this index. Raises: LogProofError."""
        size = at.checkpoint.size
        ranges = inclusion_ranges(index, size)
        number, place = divmod(index, WIDTH)
        entry = self._bundle(number, size)[place]
        proof = InclusionProof(entry, index, tuple(self._hash(leaves, size) for leaves in ranges), at.note)
        proof.check(self.key)
        return proof

    def find_signature(self, sid: bytes, at: Checkpoint) -> int | None:
        """Returns the index of a signature's entry, or None; reads the entries from the newest back."""
        for number in reversed(range(-(-at.size // WIDTH))):
            for place, entry in enumerate(self._bundle(number, at.size)):
                parsed = _parsed(entry)
                if isinstance(parsed, SignatureEntry) and parsed.sid == sid:
                    return (number << HEIGHT) + place
        return None

    def entries(self, start: int, at: Checkpoint) -> list[bytes]:
        """Returns the entries from `start` to the end of its bundle, each compared with its leaf in the tiles.

        `check_root` checks whether the tiles belong to the checkpoint. Raises: LogProofError.
        """
        number = start >> HEIGHT
        entries = self._bundle(number, at.size)
        tile = self._tile(tile_at(0, number, at.size))
        if b"".join(map(leaf_hash, entries)) != tile:
            raise LogProofError("the entries don't match the tree")
        return entries[start % WIDTH :]

    def bundle(self, number: int, size: int) -> list[bytes]:
        """Returns the entries of a bundle of a log of this size, unchecked except for their number.

        Safe to call from several threads.
        """
        return self._bundle(number, size)

    def check_root(self, at: Checkpoint) -> None:
        """Checks that the tiles of the right edge fold to the checkpoint's root. Raises: LogProofError."""
        if self._hash(Range(0, at.size), at.size) != at.root:
            raise LogProofError("the log's tiles do not fold to its root")

    def _hash(self, leaves: Range, size: int) -> bytes:
        roots = []
        for node in subtrees(leaves):
            tile = tile_of(node, size)
            roots.append(node_in(tile, self._tile(tile), node))
        return fold(roots)

    def _tile(self, tile: Tile) -> bytes:
        if tile not in self._tiles:
            hashes = self._get(tile.path)
            if len(hashes) != tile.width * HASH_BYTES:
                raise LogFormError(f"{tile.path} has {len(hashes)} bytes")
            self._tiles[tile] = hashes
        return self._tiles[tile]

    def _bundle(self, number: int, size: int) -> list[bytes]:
        width = tile_at(0, number, size).width
        path = bundle_path(number, width)
        entries = split_bundle(self._get(path))
        if len(entries) != width:
            raise LogFormError(f"{path} has {len(entries)} entries")
        return entries

    def _get(self, path: str) -> bytes:
        try:
            with self._http.stream("GET", f"{self._url}/{path}") as answer:
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > _LONGEST:
                        raise ProtocolError("malformed", f"{path} is too long")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NetworkError(f"{type(error).__name__} at {path}") from error
        if answer.status_code != httpx.codes.OK:
            raise problem_of(answer.status_code, answer.headers.get("content-type", ""), body)
        return body


def _parsed(entry: bytes) -> LogEntry | None:
    """Parses an entry; None if it is of a later version."""
    try:
        return parse_entry(entry)
    except LogFormError:
        return None
