"""Useful data for a database reader: an enrolment's challenge (attack C), `rn_prev` after a lost answer (E)."""

import base64

import pytest

from mshield.server.signing.errors import Clone
from tests.certificates.test_enrol import _begun, _key, _offer
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.signing import World, fetch


async def test_stale_copy_with_database_contents_is_detected(world: World) -> None:
    copied = world.phone.otp
    await world.sign([await world.task()])
    row = await fetch(world.db, "SELECT * FROM keys WHERE uid = $1", world.phone.uid)
    (read,) = (value for column, value in row.items() if column.startswith("rn_prev"))
    nonces = await world.commit([await world.task()])
    with pytest.raises(Clone):
        await world.open(nonces, otp=copied, rn=read)


async def test_the_open_sessions_rn_is_stored_as_a_hash(world: World) -> None:
    await world.open(await world.commit([await world.task()]))
    row = await fetch(world.db, "SELECT * FROM signing_sessions WHERE uid = $1", world.phone.uid)
    assert world.phone.rn not in row.values()


async def test_the_challenge_is_in_no_table(application: Application, device: Device) -> None:
    begun = await _begun(application, device)
    row = await fetch(
        application.context.db, "SELECT * FROM keys WHERE uid = $1", bytes.fromhex(begun["uid"])
    )
    octets = base64.urlsafe_b64decode(begun["challenge"] + "=")
    assert not {begun["challenge"], begun["challenge"].encode(), octets} & set(row.values())


async def test_points_cannot_be_tried_in_turn(application: Application, device: Device) -> None:
    """A thief of an unfinished slot with the challenge: each PIN gives a share and so a P1 to try."""
    begun = await _begun(application, device)
    right, wrong = _offer(begun), _offer(begun)
    assert (await _key(device, begun, right)).status_code == 200
    # A point without its logarithm is refused before the comparison.
    assert_refused(await _key(device, begun, wrong | {"z": right["z"]}), "bad_proof")
    assert (await _key(device, begun, right)).status_code == 200
    assert_refused(await _key(device, begun, wrong), "conflict")
    assert_refused(await _key(device, begun, right), "task_closed")
    row = await fetch(
        application.context.db, "SELECT * FROM keys WHERE uid = $1", bytes.fromhex(begun["uid"])
    )
    assert (row["state"], row["share_box"]) == ("void", None)
    # Nothing is left to sign, and a new code starts another enrolment.
    assert (await device.call("GET", f"/api/phone/tasks/{begun['sid']}")).json()["state"] != "signed"
    await _begun(application, device)
