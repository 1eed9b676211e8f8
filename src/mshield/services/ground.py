"""What the services of all subjects stand on: made once by `main`, handed to each subject as it opens."""

from collections.abc import Callable
from dataclasses import dataclass

from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.log.open_log import Log
from mshield.services.process.clock_watch import ClockWatch
from mshield.services.process.events import Events
from mshield.services.process.metrics import Count
from mshield.services.process.security_log import SecurityLog
from mshield.services.publication.publisher import Publisher
from mshield.settings import Settings
from mshield.store.database.interface import Database
from mshield.store.operations.known_mark import KnownMark


@dataclass(frozen=True, kw_only=True)
class Ground:
    """`clock` gives ms since 1970, `clock_watch` says whether it is believed; `count` adds to the service's figures.

    `known` is missing in an older copy of the database.
    """

    settings: Settings
    clock: Callable[[], int]
    clock_watch: ClockWatch
    count: Count
    security: SecurityLog
    db: Database
    known: KnownMark
    engine: Engine
    keyring: Keyring
    lookup: LookupKey
    authorities: Authorities
    events: Events
    log: Log
    publication: Publisher
