"""An account disabled while its document is being signed gets no signature; the attempt isn't lost."""

from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any, Final

import pytest

from mshield.gm import cosign
from mshield.server.errors import Unauthenticated
from tests.support.intruder import Intruder
from tests.support.signing import World, execute, fetch

TAU: Final = 0x1234567


async def _one(world: World) -> list[bytes]:
    return [await world.task()]


async def _several(world: World) -> list[bytes]:
    return await world.scan(await world.asked([b"x", b"y"]))


async def _new_pin(world: World) -> list[bytes]:
    return [await world.internal_task("refresh")]


async def _signatures(world: World) -> int:
    row = await fetch(world.db, "SELECT COUNT(*) AS made FROM signatures")
    made = row["made"]
    assert isinstance(made, int)
    return made


@pytest.mark.parametrize(("sids", "tau"), [(_one, None), (_several, None), (_new_pin, TAU)])
async def test_account_disabled_while_signing_gets_no_signature(
    world: World,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    sids: Callable[[World], Awaitable[list[bytes]]],
    tau: int | None,
) -> None:
    real = cosign.server_finish

    def disabled_meanwhile(*args: Any, **named: Any) -> Any:
        with closing(Intruder(database_url)) as office:
            assert office.run("UPDATE accounts SET state = 'disabled'") == 1
        return real(*args, **named)

    nonces = await world.commit(await sids(world))
    partials = world.partials(nonces, await world.open(nonces))
    before = await _signatures(world)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(cosign, "server_finish", disabled_meanwhile)
        with pytest.raises(Unauthenticated):
            await world.finish(partials, tau=tau)
    assert await _signatures(world) == before
    await execute(world.db, "UPDATE accounts SET state = 'active'")
    world.accept(await world.finish(partials, tau=tau))  # the same attempt
    assert await world.counters() == (0, 0)
    assert await _signatures(world) == before + len(nonces)
