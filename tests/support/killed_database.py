"""A database whose process dies right after committing a given statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from mshield.server.database.interface import Database, Row, Sealer, Tx, Values, Work
from mshield.server.database.queries import Query

T = TypeVar("T")


RESERVED: Final = frozenset({"signing.sessions.count_attempt", "signing.sessions.reserve"})
"""Statements that count an attempt; which one runs depends on the database."""


RECORDED: Final = frozenset(
    {"signing.sessions.record_success", "signing.sessions.release", "signing.sessions.record_refusal"}
)
"""Statements that record an outcome."""


class Died(BaseException):
    """The process has died."""


class Killed(BaseException):
    """The phone's app was killed."""


@dataclass(slots=True)
class TxBehind:
    """Wrapper that forwards to a transaction."""

    tx: Tx

    @property
    def dialect(self) -> Literal["postgresql", "sqlite"]:
        return self.tx.dialect

    @property
    def sealer(self) -> Sealer:
        return self.tx.sealer

    @property
    def atomic(self) -> Literal[True]:
        return True

    async def one(self, query: Query, **values: object) -> Row | None:
        return await self.tx.one(query, **values)

    async def all(self, query: Query, **values: object) -> list[Row]:
        return await self.tx.all(query, **values)

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        return await self.tx.all_for(query, many)

    async def run(self, query: Query, **values: object) -> int:
        return await self.tx.run(query, **values)

    async def give_way(self) -> None:
        await self.tx.give_way()


@dataclass(slots=True)
class DatabaseBehind:
    """Wrapper that forwards to a database."""

    db: Database

    @property
    def dialect(self) -> Literal["postgresql", "sqlite"]:
        return self.db.dialect

    @property
    def held(self) -> bool:
        return self.db.held

    @property
    def commits(self) -> int:
        return self.db.commits

    @property
    def sealer(self) -> Sealer:
        return self.db.sealer

    @sealer.setter
    def sealer(self, sealer: Sealer) -> None:
        self.db.sealer = sealer

    @property
    def read_only(self) -> bool:
        return self.db.read_only

    @read_only.setter
    def read_only(self, read_only: bool) -> None:
        self.db.read_only = read_only

    async def one(self, query: Query, **values: object) -> Row | None:
        return await self.db.one(query, **values)

    async def all(self, query: Query, **values: object) -> list[Row]:
        return await self.db.all(query, **values)

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        return await self.db.all_for(query, many)

    async def run(self, query: Query, **values: object) -> int:
        return await self.db.run(query, **values)

    async def run_one(self, query: Query, **values: object) -> Row | None:
        return await self.db.run_one(query, **values)

    async def read_together(self, query: Query, **values: object) -> list[Row]:
        return await self.db.read_together(query, **values)

    async def write_together(self, query: Query, *, by: str | bytes, **values: object) -> list[Row]:
        return await self.db.write_together(query, by=by, **values)

    async def write(self, work: Work[T]) -> T:
        return await self.db.write(work)

    async def close(self) -> None:
        await self.db.close()


@dataclass(slots=True)
class WatchedTx(TxBehind):
    """Transaction that records the names of its statements."""

    ran: set[str]

    async def one(self, query: Query, **values: object) -> Row | None:
        self.ran.add(query.name)
        return await self.tx.one(query, **values)

    async def all(self, query: Query, **values: object) -> list[Row]:
        self.ran.add(query.name)
        return await self.tx.all(query, **values)

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        self.ran.add(query.name)
        return await self.tx.all_for(query, many)

    async def run(self, query: Query, **values: object) -> int:
        self.ran.add(query.name)
        return await self.tx.run(query, **values)


@dataclass(slots=True)
class MortalDatabase(DatabaseBehind):
    """Database that dies right after committing one of `deadly`, after surviving `skip` of them."""

    deadly: frozenset[str] = frozenset()
    skip: int = 0
    dead: bool = False

    async def one(self, query: Query, **values: object) -> Row | None:
        self._live()
        return await self.db.one(query, **values)

    async def all(self, query: Query, **values: object) -> list[Row]:
        self._live()
        return await self.db.all(query, **values)

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        self._live()
        return await self.db.all_for(query, many)

    async def run_one(self, query: Query, **values: object) -> Row | None:
        self._live()
        row = await self.db.run_one(query, **values)
        self._survive({query.name})
        return row

    async def read_together(self, query: Query, **values: object) -> list[Row]:
        self._live()
        return await self.db.read_together(query, **values)

    async def write_together(self, query: Query, *, by: str | bytes, **values: object) -> list[Row]:
        self._live()
        rows = await self.db.write_together(query, by=by, **values)
        self._survive({query.name})
        return rows

    async def run(self, query: Query, **values: object) -> int:
        self._live()
        touched = await self.db.run(query, **values)
        self._survive({query.name})
        return touched

    async def write(self, work: Work[T]) -> T:
        self._live()
        ran = set[str]()

        async def watched(tx: Tx) -> T:
            return await work(WatchedTx(tx, ran))

        result = await self.db.write(watched)
        self._survive(ran)
        return result

    def _live(self) -> None:
        if self.dead:
            raise Died

    def _survive(self, ran: set[str]) -> None:
        if not self.deadly & ran:
            return
        if self.skip:
            self.skip -= 1
            return
        self.dead = True
        raise Died
