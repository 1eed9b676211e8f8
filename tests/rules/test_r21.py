"""R21: for a new phone, the old shield is revoked and the user applies again; a phone keeps its number."""

from mshield.server.certificates.rules.states import CertificateEvent
from tests.support.issuing import change
from tests.support.more_phones import another_phone, apply
from tests.support.signing import World, fetch


async def _revoke(world: World) -> None:
    row = await fetch(world.db, "SELECT certificate FROM keys WHERE uid = $1", world.phone.uid)
    await change(world.db, str(row["certificate"]), CertificateEvent.REVOKE, now=world.clock())
    world.clock.advance(seconds=1)


async def test_r21_a_new_phone_gets_a_new_number(world: World) -> None:
    old = await apply(world)
    await _revoke(world)
    new = await another_phone(world, "new phone")
    assert await apply(new) != old
    assert (await new.sign([await new.task()]))["items"]


async def test_r21_the_same_phone_keeps_its_number(world: World) -> None:
    first = await apply(world)
    for _ in range(2):
        await _revoke(world)
        assert await apply(world) == first
    assert (await world.sign([await world.task()]))["items"]
    row = await fetch(world.db, "SELECT COUNT(*) AS certificates FROM certificates")
    assert row["certificates"] == 3
