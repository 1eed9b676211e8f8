"""Attack C with concurrent calls: a thief of an unfinished slot sends one P1 for each PIN."""

import asyncio

from tests.certificates.test_enrol import _begun, _key, _offer
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused


async def test_concurrent_points_get_one_verdict(application: Application, device: Device) -> None:
    begun = await _begun(application, device)
    right = _offer(begun)
    assert (await _key(device, begun, right)).status_code == 200
    answers = await asyncio.gather(*(_key(device, begun, _offer(begun)) for _ in range(20)))
    codes = [answer.json()["code"] for answer in answers]
    assert (codes.count("conflict"), codes.count("task_closed")) == (1, 19)
    assert_refused(await _key(device, begun, right), "task_closed")
