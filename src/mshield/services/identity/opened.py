"""The services of identity, opened once per process."""

from dataclasses import dataclass

from mshield.gateways.real_name import HttpRealNameCheck, RealNameCheck
from mshield.services.ground import Ground
from mshield.services.identity.codes import ActivationCodes
from mshield.services.identity.confirm import ConfirmOperators
from mshield.services.identity.consents import Consents
from mshield.services.identity.handed_on import HandedOn
from mshield.services.identity.objection import ObjectToSecond
from mshield.services.identity.of_people import ProofsOfPeople
from mshield.services.identity.proofs import Proofs
from mshield.services.identity.shown import ShowProofs
from mshield.services.identity.ways import FindWays
from mshield.settings import Settings


@dataclass(frozen=True, slots=True)
class Identity:
    """What proves that an account belongs to a person on file; `real_name` where a carrier can be asked."""

    proofs: Proofs
    codes: ActivationCodes
    confirm: ConfirmOperators
    consents: Consents
    real_name: RealNameCheck | None
    ways: FindWays
    shown: ShowProofs
    of_people: ProofsOfPeople
    handed_on: HandedOn
    objection: ObjectToSecond


def open_identity(ground: Ground) -> Identity:
    """Stands on the ground alone."""
    proofs, carrier = Proofs(ground.db, ground.settings), _carrier(ground.settings)
    return Identity(
        proofs=proofs,
        codes=ActivationCodes(ground.db, ground.lookup, proofs),
        confirm=ConfirmOperators(ground.db, ground.keyring, proofs),
        consents=Consents(ground.db, proofs),
        real_name=carrier,
        ways=FindWays(ground.db, proofs, asks_carrier=carrier is not None),
        shown=ShowProofs(ground.db),
        of_people=ProofsOfPeople(ground.db, proofs),
        handed_on=HandedOn(ground.db),
        objection=ObjectToSecond(ground.db),
    )


def _carrier(settings: Settings) -> RealNameCheck | None:
    if settings.real_name_url is None:
        return None
    secret = settings.real_name_secret
    return HttpRealNameCheck(
        settings.real_name_url,
        "" if secret is None else secret.get_secret_value(),
        settings.real_name_seconds,
    )
