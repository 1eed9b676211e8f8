"""The service as commands open it, and the one way in which its refusals become theirs.

Everything is imported when a command runs: `--help` needs no package of the server.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from mshield.commands.parts.output import Output, Refused, refusing

if TYPE_CHECKING:
    from mshield.gm.engine import Engine
    from mshield.keys.keyring import Keyring
    from mshield.services.process.clock_watch import ClockWatch
    from mshield.settings import Settings
    from mshield.store.database.interface import Database

T = TypeVar("T")


@dataclass(frozen=True)
class Service:
    """Settings, database and this machine's clock; keyring and engine are opened when a command asks for them."""

    settings: "Settings"
    db: "Database"
    clock: "ClockWatch"

    @property
    def now(self) -> int:
        """Milliseconds since 1970, as far as the clock is believed: a service's process goes by the same."""
        return self.clock()

    @cached_property
    def keyring(self) -> "Keyring":
        """The master keys. Raises KeysError."""
        from mshield.keys.keyring import load_keyring

        return load_keyring(self.settings)

    @cached_property
    def engine(self) -> "Engine":
        """The curve engine of the settings. Raises EngineUnavailable."""
        from mshield.gm.engine import load_engine

        return load_engine(self.settings.engine)


def on_service(out: Output, work: Callable[[Service], Awaitable[T]], *, dated: bool = False) -> T:
    """What `work` returns on the service, whose database has a current schema; the command is refused if it isn't.

    So is one that makes what is `dated`, as certificates, codes and tokens are, while this machine's clock is doubted.
    """
    from mshield.gm.errors import GmError
    from mshield.keys.errors import KeysError
    from mshield.keys.seals import load_sealer
    from mshield.pki.errors import PkiError
    from mshield.services.process.clock_watch import ClockWatch
    from mshield.services.process.keep_clock import look_once
    from mshield.settings import load_settings
    from mshield.store.database.interface import NoSealer, StoreError
    from mshield.store.database.opening import opened_database

    async def run() -> T:
        settings = load_settings()
        async with opened_database(settings.database, pool_size=settings.database_pool) as db:
            service = Service(settings, db, ClockWatch())
            await look_once(db, service.clock)
            if dated:
                _require_sure(out, service.clock)
            db.read_only = settings.read_only
            try:
                await load_sealer(db, service.keyring, now=service.now)
            except (
                KeysError
            ) as error:  # who reads and writes no row with authority goes on; others are told why
                db.sealer = NoSealer(error)
            return await work(service)

    with refusing(out, GmError, KeysError, PkiError, StoreError):
        return asyncio.run(run())


def _require_sure(out: Output, clock: "ClockWatch") -> None:
    from mshield.domain.errors import ClockDoubted

    if (doubt := clock.doubt) is not None:
        raise Refused(
            out.pick(
                f"{doubt.zh}；没有执行。时间正确时请先运行 mshield clock confirm",
                f"{doubt.en}. Nothing was done; if it is right: mshield clock confirm first",
            ),
            code=ClockDoubted.code,
            as_json=out.json,
        )
