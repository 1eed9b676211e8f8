"""Finding the request of a short code among as many requests as a whole site makes."""

import asyncio

import pytest

from mshield.server.requests.errors import QrStale
from mshield.server.requests.short_codes import ShortCodes
from mshield.wire.ids import new_id
from mshield.wire.qr import read_short
from tests.support.application import Application


async def test_other_calls_are_served_during_a_short_code_search(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = application.clock()
    short = read_short("0H8Z6YQK")
    assert short is not None
    turns, turns_before = 0, 0

    async def begun(*_: object, **__: object) -> list[str]:
        nonlocal turns_before
        turns_before = turns
        return [new_id(now) for _ in range(2_000)]

    monkeypatch.setattr("mshield.server.requests.short_codes.scans.begun", begun)
    codes = ShortCodes(application.context.db, application.context.requests.secrets)
    looking = asyncio.create_task(codes.request_of(short, shield_number="1", typed=0, now=now))
    while not looking.done():
        turns += 1
        await asyncio.sleep(0)
    with pytest.raises(QrStale):
        await looking
    assert turns - turns_before > 5
