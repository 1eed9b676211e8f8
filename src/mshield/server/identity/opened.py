"""Identity services, created once per process."""

from dataclasses import dataclass

from mshield.server.ground import Ground
from mshield.server.identity.codes import ActivationCodes
from mshield.server.identity.confirm import ConfirmOperators
from mshield.server.identity.consents import Consents
from mshield.server.identity.delegated_proofs import DelegatedProofs
from mshield.server.identity.external.real_name import HttpRealNameCheck, RealNameCheck
from mshield.server.identity.objection import ObjectToSecond
from mshield.server.identity.of_people import ProofsOfPeople
from mshield.server.identity.proofs import Proofs
from mshield.server.identity.show_proofs import ShowProofs
from mshield.server.identity.ways import FindWays
from mshield.server.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class Identity:
    """Services for proving that an account belongs to a person on file.

    `real_name` is None unless a carrier's service is configured.
    """

    proofs: Proofs
    codes: ActivationCodes
    confirm: ConfirmOperators
    consents: Consents
    real_name: RealNameCheck | None
    ways: FindWays
    shown: ShowProofs
    of_people: ProofsOfPeople
    delegated_proofs: DelegatedProofs
    objection: ObjectToSecond


def open_identity(ground: Ground) -> Identity:
    """Creates the services; they need only `Ground`."""
    proofs, carrier = Proofs(ground.db, ground.settings.identity), _carrier(ground.settings)
    return Identity(
        proofs=proofs,
        codes=ActivationCodes(ground.db, ground.lookup, proofs),
        confirm=ConfirmOperators(ground.db, ground.keyring, proofs),
        consents=Consents(ground.db, proofs),
        real_name=carrier,
        ways=FindWays(ground.db, proofs, asks_carrier=carrier is not None),
        shown=ShowProofs(ground.db),
        of_people=ProofsOfPeople(ground.db, proofs),
        delegated_proofs=DelegatedProofs(ground.db),
        objection=ObjectToSecond(ground.db),
    )


def _carrier(settings: Settings) -> RealNameCheck | None:
    if settings.identity.real_name_url is None:
        return None
    secret = settings.identity.real_name_secret
    return HttpRealNameCheck(
        settings.identity.real_name_url,
        "" if secret is None else secret.get_secret_value(),
        settings.identity.real_name_seconds,
    )
