"""Proof that an administrative act, as stored in the database, is in the transparency log."""

from mshield.pki.tlog.act_proof import ActProof, ProvenAct
from mshield.pki.tlog.entry import Kind
from mshield.server.acts.rows import acts
from mshield.server.errors import NotFound
from mshield.server.log.damage import NotLogged
from mshield.server.log.open_log import Log
from mshield.server.log.read import prove_inclusion
from mshield.server.requests.errors import NotLoggedYet


async def prove_act(log: Log, act_id: str) -> ActProof:
    """Returns the proof under the last checkpoint.

    Raises: NotFound, NotLoggedYet (for about a second after the act).
    """
    row = await acts.find_raw(log.db, act_id=act_id)
    if row is None:
        raise NotFound
    values = dict(row)
    index = values.pop("log_index")
    try:
        proof = await prove_inclusion(log, index=index)
    except NotLogged as error:
        raise NotLoggedYet from error
    return ActProof(ProvenAct(**values), log.key.salt(Kind.ACT, act_id.encode()), proof)
