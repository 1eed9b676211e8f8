"""Statements of one kind that wait at the same time go to the database together: one round trip, one commit.

While a group is under way the next one gathers, so nobody waits for company. Each caller gets its own rows, and its own
error: a group that the database undoes is repeated one statement at a time.
"""

import asyncio
from collections.abc import Awaitable
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from mshield.store.database.interface import Row, StoreError, Unavailable
from mshield.store.database.queries import Query

MOST: Final = 64
"""Statements in one group."""

Values = dict[str, object]


class Run(Protocol):
    """Carries a statement out once for each of the values, in one transaction, and gives all rows."""

    def __call__(self, query: Query, many: list[Values], /, *, writing: bool) -> Awaitable[list[Row]]: ...


@dataclass(slots=True)
class _Waiting:
    values: Values
    by: str | bytes | None
    future: asyncio.Future[list[Row]]


@dataclass(slots=True)
class Together:
    """Each kind of statement has its own groups."""

    run: Run
    _waiting: dict[str, list[_Waiting]] = field(default_factory=dict)
    _under_way: dict[str, asyncio.Task[None] | None] = field(default_factory=dict)
    """By statement; None while it is the call's own that came alone."""

    async def __call__(self, query: Query, values: Values, *, by: str | bytes | None = None) -> list[Row]:
        """The rows of this statement, which takes a parameter `call` and gives it back as a column.

        One that writes tells whose rows it changes: its group goes in this order.
        """
        waiting = _Waiting(values, by, asyncio.get_running_loop().create_future())
        group = self._waiting.setdefault(query.name, [])
        group.append(waiting)
        if query.name in self._under_way:
            return await waiting.future
        self._under_way[query.name] = None
        try:
            # It begins in the loop's next round, with all that this round still brings.
            await asyncio.sleep(0)
            if len(group) == 1:
                # A task for it, and the way back from there, would cost a fifth of all that the statement does.
                group.clear()
                return await self.run(query, [values | {"call": 0}], writing=by is not None)
        except asyncio.CancelledError:
            waiting.future.cancel()
            raise
        finally:
            self._go_on(query)
        return await waiting.future

    def _go_on(self, query: Query) -> None:
        """With those that have gathered, if any have."""
        if not self._waiting[query.name]:
            del self._under_way[query.name]
            return
        # It is nobody's own: of the first one's context the others would get the time limit.
        loop = asyncio.get_running_loop()
        self._under_way[query.name] = loop.create_task(self._run_all(query), context=Context())

    async def _run_all(self, query: Query) -> None:
        waiting = self._waiting[query.name]
        try:
            while waiting:
                group, waiting[:MOST] = waiting[:MOST], []
                await self._run_group(query, group)
        finally:
            del self._under_way[query.name]
            _cancel(waiting)  # none is left, unless the loop ends

    async def _run_group(self, query: Query, group: list[_Waiting]) -> None:
        writing = group[0].by is not None
        if writing:
            group.sort(key=_by)
        many = [waiting.values | {"call": call} for call, waiting in enumerate(group)]
        try:
            rows = await self.run(query, many, writing=writing)
        except Unavailable as error:  # whether it was committed, nobody knows
            _fail(group, error)
        except StoreError as error:
            if len(group) == 1:
                _fail(group, error)
                return
            for waiting in group:
                await self._run_group(query, [waiting])
        except Exception as error:  # noqa: BLE001  # the callers get it
            _fail(group, error)
        except asyncio.CancelledError:
            _cancel(group)
            raise
        else:
            _answer(group, rows)


def _by(waiting: _Waiting) -> Any:
    return waiting.by


def _answer(group: list[_Waiting], rows: list[Row]) -> None:
    rows_of: list[list[Row]] = [[] for _ in group]
    for row in rows:
        rows_of[row["call"]].append(row)
    for waiting, own in zip(group, rows_of, strict=True):
        if not waiting.future.done():  # its caller may have gone
            waiting.future.set_result(own)


def _fail(group: list[_Waiting], error: Exception) -> None:
    for waiting in group:
        if not waiting.future.done():
            waiting.future.set_exception(error)


def _cancel(group: list[_Waiting]) -> None:
    for waiting in group:
        waiting.future.cancel()
    group.clear()
