"""The services of co-signing, opened once per process."""

from dataclasses import dataclass

from mshield.gm.engine import Engine
from mshield.keys.keyring import Keyring
from mshield.services.process.events import Events
from mshield.services.process.metrics import Count
from mshield.services.signing.finish import FinishSigning, OnEnrolled
from mshield.services.signing.internal_tasks import AskInternally
from mshield.services.signing.open import OpenSigning
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True)
class Signing:
    """The protocol's two calls, and what the phone signs for the service itself."""

    open: OpenSigning
    finish: FinishSigning
    ask_internally: AskInternally


def open_signing(
    db: Database,
    *,
    engine: Engine,
    keyring: Keyring,
    settings: Settings,
    events: Events,
    count: Count,
    on_enrolled: OnEnrolled,
) -> Signing:
    """`on_enrolled` is told of each phone whose first signature was made."""
    return Signing(
        open=OpenSigning(db, engine, keyring, settings),
        finish=FinishSigning(db, engine, keyring, events, on_enrolled, count),
        ask_internally=AskInternally(db, settings),
    )
