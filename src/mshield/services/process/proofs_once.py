"""A phone's proof of its key (DPoP) counts once, in all processes of one database.

This process remembers what it took: that refuses most repeats without a question, and with SQLite, which serves one
process, it is all there is to know.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.process import proofs
from mshield.store.process.proofs import UnspentProof

_MOST: Final = 65536


@dataclass(slots=True)
class ProofsOnce:
    """The proofs that were taken and aren't too old yet."""

    db: Database
    _taken: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def first_here(self, proof: str, *, expires_at: int, now: int) -> UnspentProof | None:
        """None where this process took it before; else what is left is to spend it in all others.

        `proof` says which it is, `expires_at` (ms) when it is too old by itself.
        """
        if not self._is_first(proof, expires_at=expires_at, now=now):
            return None
        return UnspentProof(hashlib.sha256(proof.encode()).digest(), expires_at)

    async def spend(self, proof: UnspentProof) -> None:
        """Raises InvalidProof where another process took it."""
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
