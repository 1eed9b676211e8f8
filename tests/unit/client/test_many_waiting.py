"""Waiting PCs hold their connections without delaying other calls of the same client."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from mshield.client import AsyncBusinessClient, BusinessClient, Status
from tests.support.outside_systems import Asked, OutsideServer, Reply, serving
from tests.unit.client.test_business import CREATED

_PCS: Final = 150
"""Number of PCs, above an HTTP client's default of one hundred connections."""
_SOON: Final = 10.0


@dataclass
class Holding:
    """A service whose requests wait for their phones until all are marked as signed."""

    held: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    signed: threading.Event = field(default_factory=threading.Event)

    def __call__(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            return Reply.of(CREATED, 201)
        self.held.release()
        self.signed.wait(60)
        return Reply.of({"id": "r1", "kind": "login", "state": "signed", "reason": None, "expires_at": 1})

    def all_held(self) -> bool:
        """Reports whether all PCs wait at the service."""
        return all(self.held.acquire(timeout=_SOON) for _ in range(_PCS))


@contextmanager
def holding() -> Iterator[tuple[Holding, OutsideServer]]:
    service = Holding()
    with serving(service) as server:
        try:
            yield service, server
        finally:
            service.signed.set()


def follow(client: BusinessClient) -> Status:
    return list(client.events("r1"))[-1]


async def follow_async(client: AsyncBusinessClient) -> Status:
    return [status async for status in client.events("r1")][-1]


@pytest.mark.parametrize(
    "wait", [lambda client: client.wait_until_done("r1"), follow], ids=["polls", "events"]
)
def test_hundred_and_fifty_waiting_pcs_delay_no_login(
    wait: Callable[[BusinessClient], Status],
) -> None:
    with (
        ThreadPoolExecutor(_PCS + 1) as pcs,
        holding() as (service, server),
        BusinessClient(server.url, client_id="c", client_secret="s") as client,
    ):
        waiting = [pcs.submit(wait, client) for _ in range(_PCS)]
        assert service.all_held()
        assert pcs.submit(client.request_login).result(_SOON).id == "r1"
        service.signed.set()
        assert {each.result(_SOON).state for each in waiting} == {"signed"}


@pytest.mark.parametrize(
    "wait", [lambda client: client.wait_until_done("r1"), follow_async], ids=["polls", "events"]
)
async def test_waiting_pcs_delay_no_login_with_asyncio(
    wait: Callable[[AsyncBusinessClient], Coroutine[Any, Any, Status]],
) -> None:
    with holding() as (service, server):
        async with (
            AsyncBusinessClient(server.url, client_id="c", client_secret="s") as client,
            asyncio.timeout(6 * _SOON),
            asyncio.TaskGroup() as pcs,
        ):
            waiting = [pcs.create_task(wait(client)) for _ in range(_PCS)]
            assert await asyncio.to_thread(service.all_held)
            assert (await asyncio.wait_for(client.request_login(), _SOON)).id == "r1"
            service.signed.set()
        assert {each.result().state for each in waiting} == {"signed"}
