"""Accepts each proof of a phone's key (DPoP) once, across all processes of one database.

This process's memory refuses most repeats without a query. With SQLite, where a single process serves, that
suffices.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.runtime.rows import proofs
from mshield.server.runtime.rows.proofs import UnspentProof

_MOST: Final = 65536


@dataclass(slots=True)
class ProofsOnce:
    """Accepted proofs that haven't expired yet."""

    db: Database
    _taken: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def first_here(self, proof: str, *, expires_at: int, now: int) -> UnspentProof | None:
        """Returns None if this process accepted the proof before; otherwise the proof to spend in the database.

        `proof` identifies it; from `expires_at` (ms) on it is too old anyway.
        """
        if not self._is_first(proof, expires_at=expires_at, now=now):
            return None
        return UnspentProof(hashlib.sha256(proof.encode()).digest(), expires_at)

    async def spend(self, proof: UnspentProof) -> None:
        """Spends the proof for all processes. Raises: InvalidProof (another process accepted it)."""
        await proofs.spend(self.db, proof)

    def _is_first(self, proof: str, *, expires_at: int, now: int) -> bool:
        while self._taken:
            oldest, ends = next(iter(self._taken.items()))
            if ends >= now and len(self._taken) < _MOST:
                break
            del self._taken[oldest]
        if proof in self._taken:
            return False
        self._taken[proof] = expires_at
        return True
