"""Looking for the request behind a short code, among as many as a whole site makes."""

import asyncio

import pytest

from mshield.domain import errors
from mshield.domain.ids import new_id
from mshield.domain.qr import read_short
from mshield.services.requests.codes.short_codes import ShortCodes
from tests.support.application import Application


async def test_others_are_served_while_the_request_of_a_code_is_looked_for(
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

    monkeypatch.setattr("mshield.services.requests.codes.short_codes.scans.begun", begun)
    codes = ShortCodes(application.context.db, application.context.requests.secrets)
    looking = asyncio.create_task(codes.request_of(short, shield_number="1", typed=0, now=now))
    while not looking.done():
        turns += 1
        await asyncio.sleep(0)
    with pytest.raises(errors.QrStale):
        await looking
    assert turns - turns_before > 5
