"""Proof for a phone that a view was registered for the requesting business system.

An entry never moves and a signed checkpoint stays valid, so a proof can be cached permanently.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mshield.pki.tlog.proof import InclusionProof
from mshield.server.errors import NotFound
from mshield.server.log.damage import NotLogged
from mshield.server.log.open_log import Log
from mshield.server.log.read import prove_view
from mshield.server.requests.errors import NotLoggedYet
from mshield.server.systems.rows import views as store

_MOST: Final = 1024
"""Maximum cached proofs, of a kilobyte each."""


@dataclass(frozen=True, slots=True)
class ProveView:
    """Prover of views' entries in the transparency log, with a cache."""

    log: Log
    _known: OrderedDict[tuple[str, bytes], InclusionProof] = field(default_factory=OrderedDict, init=False)

    async def __call__(self, client_id: str, digest: bytes) -> InclusionProof:
        """Returns the log's proof that the view with this SM3 was registered for this system, also of a withdrawn one.

        Raises: NotFound, NotLoggedYet (within about a second after its approval).
        """
        proof = self._known.get((client_id, digest))
        if proof is None:
            proof = self._known[client_id, digest] = await self._prove(client_id, digest)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return proof

    async def _prove(self, client_id: str, digest: bytes) -> InclusionProof:
        if await store.find_digest(self.log.db, client_id=client_id, digest=digest) is None:
            raise NotFound
        try:
            return await prove_view(self.log, client_id=client_id, digest=digest)
        except NotLogged as error:
            raise NotLoggedYet from error
