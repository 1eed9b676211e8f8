"""R1: the shield number is MS and 11 digits, and no two phones ever have the same."""

import asyncio
import itertools
import re

import pytest

from mshield.server.errors import Unavailable
from mshield.wire import shield_number
from tests.support.more_phones import another_phone, apply, begin
from tests.support.signing import World, fetch


async def test_r01_fifty_applications_at_once_get_fifty_numbers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each number is proposed twice; the two proposals must never both succeed.
    drawn = itertools.count()
    monkeypatch.setattr(shield_number, "new_number", lambda: shield_number.format_number(next(drawn) // 2))
    phones = [await another_phone(world, f"phone-{number}") for number in range(50)]
    begun = await asyncio.gather(*(begin(phone) for phone in phones))
    numbers = {each.shield_number for each in begun}
    assert len(numbers) == 50
    assert next(drawn) > 50, "no number was proposed twice"
    stored = await fetch(world.db, "SELECT COUNT(DISTINCT shield_number) AS numbers FROM devices")
    assert stored["numbers"] == 50


async def test_r01_certificate_row_has_the_number_sent_to_the_phone(world: World) -> None:
    number = await apply(world)
    assert re.fullmatch(r"MS\d{11}", number)
    row = await fetch(world.db, "SELECT shield_number FROM certificates")
    assert row["shield_number"] == number


async def test_r01_no_free_number_assigns_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shield_number, "new_number", lambda: shield_number.format_number(7))
    await begin(world)
    with pytest.raises(Unavailable):
        await begin(await another_phone(world, "second"))
    row = await fetch(world.db, "SELECT COUNT(*) AS keys FROM keys")
    assert row["keys"] == 1
