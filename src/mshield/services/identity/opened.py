"""The services of identity, opened once per process."""

from dataclasses import dataclass

from mshield.services.ground import Ground
from mshield.services.identity.codes import ActivationCodes
from mshield.services.identity.confirm import ConfirmOperators
from mshield.services.identity.objection import ObjectToSecond
from mshield.services.identity.proofs import Proofs
from mshield.services.identity.shown import ShowProofs
from mshield.services.identity.ways import FindWays


@dataclass(frozen=True, slots=True)
class Identity:
    """What proves that an account belongs to a person on file."""

    proofs: Proofs
    codes: ActivationCodes
    confirm: ConfirmOperators
    ways: FindWays
    shown: ShowProofs
    objection: ObjectToSecond


def open_identity(ground: Ground) -> Identity:
    """Stands on the ground alone."""
    proofs = Proofs(ground.db, ground.settings)
    return Identity(
        proofs=proofs,
        codes=ActivationCodes(ground.db, ground.lookup, proofs),
        confirm=ConfirmOperators(ground.db, ground.keyring, proofs),
        ways=FindWays(ground.db, proofs),
        shown=ShowProofs(ground.db),
        objection=ObjectToSecond(ground.db),
    )
