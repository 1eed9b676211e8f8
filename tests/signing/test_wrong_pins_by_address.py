"""Besides the five tries of each key, wrong PINs are limited per hour for each address and network."""

from typing import Any

from mshield.server.runtime.allowances import Allowance
from mshield.wire.times import HOUR_MS
from tests.support.application import Application, qr_of
from tests.support.assertions import assert_refused
from tests.support.shield_over_http import Shield


async def test_address_with_many_wrong_pins_waits_and_others_do_not(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    shield = Shield(application, device)
    await shield.enrol()
    application.app.state.wrong_pins = Allowance(address=2, network=9, everybody=9, window=HOUR_MS)
    for _ in range(2):
        task = await _task(application, shield)
        nonces, opened = await shield.open([task])
        shield.d1 += 1
        assert_refused(await shield.finish(nonces, opened), "wrong_pin")
        shield.d1 -= 1
    task = await _task(application, shield)
    _, opened = await shield.open([task])
    assert_refused(opened, "too_many_requests", 429)
    assert int(opened.headers["retry-after"]) > 3_000
    application.app.state.wrong_pins = Allowance(address=2, network=9, everybody=9, window=HOUR_MS)
    await shield.sign([task])


async def _task(application: Application, shield: Shield) -> dict[str, Any]:
    """Returns a login request that this phone has scanned."""
    created = (await application.business("POST", "/api/business/requests", {"kind": "login"})).json()
    scanned = await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(created)})
    (task,) = scanned.json()["tasks"]
    found: dict[str, Any] = task
    return found
