"""Proves that an administrator's act is in the transparency log, as it stands in the database."""

from mshield.domain import errors
from mshield.pki.tlog.act_proof import ActProof, ProvenAct
from mshield.pki.tlog.entry import Kind
from mshield.services.log.errors import NotLogged
from mshield.services.log.open_log import Log
from mshield.services.log.read import prove_inclusion
from mshield.store.staff import acts


async def prove_act(log: Log, act_id: str) -> ActProof:
    """The proof under the last checkpoint. Raises NotFound; NotLoggedYet within about a second after the act."""
    row = await acts.find_raw(log.db, act_id=act_id)
    if row is None:
        raise errors.NotFound
    values = dict(row)
    index = values.pop("log_index")
    try:
        proof = await prove_inclusion(log, index=index)
    except NotLogged as error:
        raise errors.NotLoggedYet from error
    return ActProof(ProvenAct(**values), log.key.salt(Kind.ACT, act_id.encode()), proof)
