"""Shared basis of the services: created once by `main`, handed to each subject when it is opened."""

from collections.abc import Callable
from dataclasses import dataclass

from mshield.gm.engine import Engine
from mshield.server.authorities.authority import Authorities
from mshield.server.authorities.chains import Chains
from mshield.server.authorities.outside.opened import OutsideCas
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.runtime.clocks.watch import ClockWatch
from mshield.server.runtime.events import Events
from mshield.server.runtime.metrics import Count
from mshield.server.runtime.rows.known_mark import KnownMark
from mshield.server.runtime.security_log.log import SecurityLog
from mshield.server.settings.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Shared basis of all services.

    `clock` returns ms since 1970, `clock_watch` reports whether it is trusted, `count` adds to the service's
    metrics. `known` is a mark that an older copy of the database lacks. `outside` are other CAs, if configured.
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
    chains: Chains
    events: Events
    outside: OutsideCas | None = None
