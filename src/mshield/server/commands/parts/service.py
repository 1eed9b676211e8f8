"""Access of commands to the service, with uniform conversion of its errors to refusals.

Imports happen only when a command runs, so that `--help` needs no server packages.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from mshield.cli.parts.output import Output, Refused, refusing

if TYPE_CHECKING:
    from mshield.gm.engine import Engine
    from mshield.server.database.interface import Database
    from mshield.server.keys.keyring import Keyring
    from mshield.server.runtime.clocks.watch import ClockWatch
    from mshield.server.settings.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True)
class Service:
    """Settings, database and this machine's clock; keyring and engine are opened on first use."""

    settings: "Settings"
    db: "Database"
    clock: "ClockWatch"

    @property
    def now(self) -> int:
        """Milliseconds since 1970, from this machine's clock, which is checked as in a service's process."""
        return self.clock()

    @cached_property
    def keyring(self) -> "Keyring":
        """The master keys. Raises: KeysError."""
        from mshield.server.keys.keyring import load_keyring

        return load_keyring(self.settings.keys)

    @cached_property
    def engine(self) -> "Engine":
        """The curve engine of the settings. Raises: EngineUnavailable."""
        from mshield.gm.engine import load_engine

        return load_engine(self.settings.keys.engine)


def on_service(out: Output, work: Callable[[Service], Awaitable[T]], *, dated: bool = False) -> T:
    """Runs `work` on the service and returns its result; refused if the database's schema isn't current.

    `dated` work, such as issuing certificates, codes and tokens, is also refused while this machine's clock
    is in doubt.
    """
    from mshield.gm.errors import GmError
    from mshield.pki.errors import PkiError
    from mshield.server.database.interface import NoSealer, StoreError
    from mshield.server.database.opening import opened_database
    from mshield.server.keys.errors import KeysError
    from mshield.server.keys.seals import load_sealer
    from mshield.server.runtime.clocks.run_watch import look_once
    from mshield.server.runtime.clocks.watch import ClockWatch
    from mshield.server.settings.settings import load_settings

    async def run() -> T:
        settings = load_settings()
        async with opened_database(settings.database.url, pool_size=settings.database.database_pool) as db:
            service = Service(settings, db, ClockWatch())
            await look_once(db, service.clock)
            if dated:
                _require_sure(out, service.clock)
            db.read_only = settings.process.read_only
            try:
                await load_sealer(db, service.keyring, now=service.now)
            except KeysError as error:  # for all uses of sealed rows; other rows remain usable
                db.sealer = NoSealer(error)
            return await work(service)

    with refusing(out, GmError, KeysError, PkiError, StoreError):
        return asyncio.run(run())


def _require_sure(out: Output, clock: "ClockWatch") -> None:
    from mshield.server.errors import ClockDoubted

    if (doubt := clock.doubt) is not None:
        raise Refused(
            out.pick(
                f"{doubt.zh}；没有执行。时间正确时请先运行 mshield clock confirm",
                f"{doubt.en}. Nothing was done. If that is right, run mshield clock confirm first",
            ),
            code=ClockDoubted.code,
            as_json=out.json,
        )
