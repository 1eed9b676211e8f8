"""The process that sends webhooks is killed at every step: no event is lost, at most one attempt is repeated."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mshield.server.database.queries import Queries
from tests.support.clock import Clock
from tests.support.killed_database import Died, MortalDatabase
from tests.support.outside_systems import Asked, OutsideServer, Reply, serving
from tests.support.webhook_receivers import Hooked, hooked, ids

pytestmark = pytest.mark.slow

_REQUESTS = 3
_STATEMENTS = frozenset(f"webhooks.webhooks.{name}" for name in Queries("webhooks", "webhooks"))


@pytest.fixture
async def hook(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Hooked]:
    async with hooked(database_url, tmp_path, clock) as made:
        yield made


async def _run_and_die(hook: Hooked, *, after: int) -> bool:
    """Runs the job in a process that dies after `after` commits and one more; False if it didn't die."""
    mortal = MortalDatabase(hook.application.context.db, _STATEMENTS, skip=after)
    try:
        await replace(hook.webhooks, db=mortal)()
    except Died:
        return True
    return mortal.dead


async def test_a_process_killed_after_any_commit_loses_no_event(hook: Hooked) -> None:
    with serving(lambda _: Reply()) as receiver:
        await hook.endpoint(receiver.url)
        told = set[str]()
        for after in range(40):
            receiver.asked.clear()
            requests = {await hook.ended() for _ in range(_REQUESTS)}
            died = await _run_and_die(hook, after=after)
            await _run_on(hook)
            _all_told(receiver, requests)
            told |= requests
            if not died:
                break
        else:
            pytest.fail("it never came to its end")
        assert after > 5
        assert not await hook.deliveries(state="waiting")
        assert {each.request_id for each in await hook.deliveries(most=1000)} == told


async def _run_on(hook: Hooked) -> None:
    """Runs the next process, now and when the interrupted attempts are due again."""
    await hook.webhooks()
    hook.application.clock.advance(seconds=30)
    await hook.webhooks()


def _all_told(receiver: OutsideServer, requests: set[str]) -> None:
    came = Counter(ids(receiver))
    assert len(came) == len(requests)  # a repeat has the same id
    assert max(came.values()) <= 2
    bodies = b"".join(asked.body for asked in receiver.asked)
    assert all(request_id.encode() in bodies for request_id in requests)


@dataclass(slots=True)
class _Deadly:
    """A receiver whose sender dies before the answer."""

    mortal: MortalDatabase
    asked: int = 0

    def __call__(self, _: Asked) -> Reply:
        self.asked += 1
        self.mortal.dead = True
        return Reply()


async def test_a_process_killed_between_sending_and_recording_repeats_one(hook: Hooked) -> None:
    mortal = MortalDatabase(hook.application.context.db)
    deadly = _Deadly(mortal)
    with serving(deadly) as receiver:
        await hook.endpoint(receiver.url)
        request_id = await hook.ended()
        with pytest.raises(Died):
            await replace(hook.webhooks, db=mortal)()
        assert deadly.asked == 1
        receiver.answer = lambda _: Reply()
        await _run_on(hook)
        first, second = receiver.asked
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
        assert request_id.encode() in first.body
        (delivery,) = await hook.deliveries()
        assert (delivery.state, delivery.attempts) == ("sent", 2)
