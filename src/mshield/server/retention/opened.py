"""Creates the use cases that erase or export a person's data, once per process."""

from dataclasses import dataclass

from mshield.server.accounts.opened import Accounts
from mshield.server.ground import Ground
from mshield.server.retention.closing import CloseAccount
from mshield.server.retention.erase_by_two import EraseByTwo
from mshield.server.retention.erase_person import ErasePerson
from mshield.server.retention.own_data import ExportOwnData
from mshield.server.signing.step_up import StepUp


@dataclass(frozen=True, slots=True)
class Retention:
    """Closing an account, erasing a person's data by two officers, and a copy of one's own data."""

    close_account: CloseAccount
    erase_by_two: EraseByTwo
    own_data: ExportOwnData


def open_erasures(ground: Ground) -> EraseByTwo:
    """Opens what two members of staff decide about a person's data."""
    return EraseByTwo(ground.db, ErasePerson(ground.db, ground.keyring, ground.lookup), ground.clock)


def open_retention(ground: Ground, accounts: Accounts, step_up: StepUp, erasures: EraseByTwo) -> Retention:
    """Creates the services; a closing uses the same `erasures`."""
    return Retention(
        CloseAccount(ground.db, ground.settings.accounts, step_up, erasures.erase),
        erasures,
        ExportOwnData(ground.db, ground.keyring, accounts.sms_codes),
    )
