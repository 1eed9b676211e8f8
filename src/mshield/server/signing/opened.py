"""Co-signing services, created once per process."""

from dataclasses import dataclass

from mshield.server.accounts.opened import Accounts
from mshield.server.ground import Ground
from mshield.server.identity.consents import Consents
from mshield.server.signing.finish import FinishSigning, OnEnrolled
from mshield.server.signing.internal_tasks import AskInternally
from mshield.server.signing.open import OpenSigning
from mshield.server.signing.unlock import Unlock


@dataclass(frozen=True, slots=True)
class Signing:
    """Services for the protocol's two calls, the service's own tasks, and unlocking."""

    open: OpenSigning
    finish: FinishSigning
    ask_internally: AskInternally
    unlock: Unlock


def open_signing(ground: Ground, accounts: Accounts, on_enrolled: OnEnrolled, consents: Consents) -> Signing:
    """Creates the co-signing services.

    `on_enrolled` is called for each phone whose first signature was made; `consents` checks which consents
    may be given.
    """
    return Signing(
        open=OpenSigning(
            ground.db, ground.engine, ground.keyring, ground.settings.signing, consents, ground.known
        ),
        finish=FinishSigning(
            ground.db,
            ground.engine,
            ground.keyring,
            ground.events,
            on_enrolled,
            consents,
            ground.settings.ca.certificate_id_number != "none",
            ground.count,
        ),
        ask_internally=AskInternally(ground.db, ground.settings.signing),
        unlock=Unlock(ground.db, ground.engine, ground.settings, accounts.log_in, accounts.sms_codes),
    )
