"""Proves to a phone that a view was registered for the business system that asks.

An entry never moves and a signed checkpoint stays valid, so a proof that was made once serves for good.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from mshield.domain import errors
from mshield.pki.tlog.proof import InclusionProof
from mshield.services.log.errors import NotLogged
from mshield.services.log.open_log import Log
from mshield.services.log.read import prove_view
from mshield.store.systems import views as store

_MOST: Final = 1024
"""Proofs that are kept: a kilobyte each."""


@dataclass(frozen=True, slots=True)
class ProveView:
    """A view's entry in the transparency log."""

    log: Log
    _known: OrderedDict[tuple[str, bytes], InclusionProof] = field(default_factory=OrderedDict, init=False)

    async def __call__(self, client_id: str, digest: bytes) -> InclusionProof:
        """The log's proof that the view with this SM3 was registered for this system, also of a withdrawn one.

        Raises NotFound; NotLoggedYet within about a second after it was approved.
        """
        known = self._known.get((client_id, digest))
        if known is None:
            known = self._known[client_id, digest] = await self._prove(client_id, digest)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return known

    async def _prove(self, client_id: str, digest: bytes) -> InclusionProof:
        if await store.find_digest(self.log.db, client_id=client_id, digest=digest) is None:
            raise errors.NotFound
        try:
            return await prove_view(self.log, client_id=client_id, digest=digest)
        except NotLogged as error:
            raise errors.NotLoggedYet from error
