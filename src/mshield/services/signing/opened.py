"""The services of co-signing, opened once per process."""

from dataclasses import dataclass

from mshield.services.accounts.opened import Accounts
from mshield.services.ground import Ground
from mshield.services.identity.consents import Consents
from mshield.services.signing.finish import FinishSigning, OnEnrolled
from mshield.services.signing.internal_tasks import AskInternally
from mshield.services.signing.open import OpenSigning
from mshield.services.signing.unlock import Unlock


@dataclass(frozen=True, slots=True)
class Signing:
    """The protocol's two calls, and what the phone signs for the service itself."""

    open: OpenSigning
    finish: FinishSigning
    ask_internally: AskInternally
    unlock: Unlock


def open_signing(ground: Ground, accounts: Accounts, on_enrolled: OnEnrolled, consents: Consents) -> Signing:
    """`on_enrolled` is told of each phone whose first signature was made; `consents` says which may be given."""
    return Signing(
        open=OpenSigning(ground.db, ground.engine, ground.keyring, ground.settings, consents, ground.known),
        finish=FinishSigning(
            ground.db,
            ground.engine,
            ground.keyring,
            ground.events,
            on_enrolled,
            consents,
            ground.settings.certificate_id_number != "none",
            ground.count,
        ),
        ask_internally=AskInternally(ground.db, ground.settings),
        unlock=Unlock(ground.db, ground.engine, ground.settings, accounts.log_in, accounts.sms_codes),
    )
