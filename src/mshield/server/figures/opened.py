"""Creates the use cases of figures, jobs and alarms, once per process."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mshield.server.figures.dashboard import ReadDashboard
from mshield.server.figures.jobs import WatchJobs
from mshield.server.ground import Ground
from mshield.server.publication.state import ReadCaState


@dataclass(frozen=True, slots=True)
class Figures:
    """State of the CA, of the jobs and of the service as a whole."""

    ca_state: ReadCaState
    dashboard: ReadDashboard
    watch_jobs: WatchJobs


def open_figures(ground: Ground, periods: Mapping[str, int]) -> Figures:
    """Creates the use cases; `periods` are the jobs' periods in seconds, by name."""
    ca_state = ReadCaState(ground.db, ground.engine, ground.settings.ca)
    return Figures(
        ca_state,
        ReadDashboard(ground.db, ca_state, ground.settings, ZoneInfo(ground.settings.site.time_zone)),
        WatchJobs(ground.db, periods),
    )
