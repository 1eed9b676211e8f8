"""What the service's operators watch, opened once per process."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mshield.services.accounts.opened import Accounts
from mshield.services.ca.state import ReadCaState
from mshield.services.ground import Ground
from mshield.services.operations.closing import CloseAccount
from mshield.services.operations.dashboard import ReadDashboard
from mshield.services.operations.erase_by_two import EraseByTwo
from mshield.services.operations.erase_person import ErasePerson
from mshield.services.operations.own_data import ExportOwnData
from mshield.services.operations.watch_jobs import WatchJobs
from mshield.services.signing.step_up import StepUp


@dataclass(frozen=True, slots=True)
class Operations:
    """How the CA, the jobs and the service as a whole stand."""

    ca_state: ReadCaState
    dashboard: ReadDashboard
    watch_jobs: WatchJobs
    close_account: CloseAccount
    erase_by_two: EraseByTwo
    own_data: ExportOwnData


def open_erasures(ground: Ground) -> EraseByTwo:
    """What two members of staff decide about a person's data."""
    return EraseByTwo(ground.db, ErasePerson(ground.db, ground.keyring, ground.lookup), ground.clock)


def open_operations(
    ground: Ground, accounts: Accounts, step_up: StepUp, erasures: EraseByTwo, periods: Mapping[str, int]
) -> Operations:
    """`periods` are those of the jobs, by name, in seconds."""
    ca_state = ReadCaState(ground.db, ground.engine, ground.settings)
    return Operations(
        ca_state,
        ReadDashboard(ground.db, ca_state, ground.settings, ZoneInfo(ground.settings.time_zone)),
        WatchJobs(ground.db, periods),
        CloseAccount(ground.db, ground.settings, step_up, erasures.erase),
        erasures,
        ExportOwnData(ground.db, ground.keyring, accounts.sms_codes),
    )
