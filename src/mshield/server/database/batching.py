"""Batches identical statements: calls waiting for the same statement share one round trip and one commit.

While one batch runs the next one fills, so no call waits just to be batched. Each caller gets its own rows
and its own error: a batch that the database rolls back is repeated one statement at a time.
"""

import asyncio
from collections.abc import Awaitable
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from mshield.server.database.interface import Row, StoreError, Unavailable
from mshield.server.database.queries import Query

MOST: Final = 64
"""Maximum number of statements in a batch."""

Values = dict[str, object]


class Run(Protocol):
    """Function that runs a statement once for each of the values, in one transaction, and returns all rows."""

    def __call__(self, query: Query, many: list[Values], /, *, writing: bool) -> Awaitable[list[Row]]: ...


@dataclass(slots=True)
class _Waiting:
    values: Values
    by: str | bytes | None
    future: asyncio.Future[list[Row]]


@dataclass(slots=True)
class Together:
    """Batcher with separate batches for each statement."""

    run: Run
    _waiting: dict[str, list[_Waiting]] = field(default_factory=dict)
    _under_way: dict[str, asyncio.Task[None] | None] = field(default_factory=dict)
    """Running task by statement; None while a single call runs its statement itself."""

    async def __call__(self, query: Query, values: Values, *, by: str | bytes | None = None) -> list[Row]:
        """Returns the rows of this statement, which must return its parameter `call` as a column.

        For a writing statement `by` identifies the rows it changes; batches are sorted by it.
        """
        waiting = _Waiting(values, by, asyncio.get_running_loop().create_future())
        group = self._waiting.setdefault(query.name, [])
        group.append(waiting)
        if query.name in self._under_way:
            return await waiting.future
        self._under_way[query.name] = None
        try:
            # Start in the loop's next iteration, with all calls that arrive during this one.
            await asyncio.sleep(0)
            if len(group) == 1:
                # Creating a task and awaiting it would make the whole statement 20 % slower.
                group.clear()
                return await self.run(query, [values | {"call": 0}], writing=by is not None)
        except asyncio.CancelledError:
            waiting.future.cancel()
            raise
        finally:
            self._go_on(query)
        return await waiting.future

    def _go_on(self, query: Query) -> None:
        """Starts a batch of the waiting calls, if any."""
        if not self._waiting[query.name]:
            del self._under_way[query.name]
            return
        # In an empty context: otherwise all calls would get the time limit of the first one.
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
            _cancel(waiting)  # empty unless the loop is ending

    async def _run_group(self, query: Query, group: list[_Waiting]) -> None:
        writing = group[0].by is not None
        if writing:
            group.sort(key=_by)
        many = [waiting.values | {"call": call} for call, waiting in enumerate(group)]
        try:
            rows = await self.run(query, many, writing=writing)
        except Unavailable as error:  # it is unknown whether it was committed
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
