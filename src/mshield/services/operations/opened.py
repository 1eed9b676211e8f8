"""What the service's operators watch, opened once per process."""

from collections.abc import Mapping
from dataclasses import dataclass

from mshield.gm.engine import Engine
from mshield.services.ca.state import ReadCaState
from mshield.services.operations.dashboard import ReadDashboard
from mshield.services.operations.watch_jobs import WatchJobs
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True)
class Operations:
    """How the CA, the jobs and the service as a whole stand."""

    ca_state: ReadCaState
    dashboard: ReadDashboard
    watch_jobs: WatchJobs


def open_operations(
    db: Database, engine: Engine, settings: Settings, periods: Mapping[str, int]
) -> Operations:
    """`periods` are those of the jobs, by name, in seconds."""
    ca_state = ReadCaState(db, engine, settings)
    return Operations(ca_state, ReadDashboard(db, ca_state), WatchJobs(db, periods))
