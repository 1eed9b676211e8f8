"""What a reader of the database could use: the challenge of an enrolment (attack C), `rn_prev` of a lost answer (E)."""

import base64

import pytest

from mshield.domain import errors
from tests.certificates.test_enrol import _begun, _key, _offer
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.signing import World, fetch


async def test_a_stale_copy_of_the_phone_with_what_the_database_holds_is_noticed(world: World) -> None:
    copied = world.phone.otp
    await world.sign([await world.task()])
    row = await fetch(world.db, "SELECT * FROM keys WHERE uid = $1", world.phone.uid)
    (read,) = (value for column, value in row.items() if column.startswith("rn_prev"))
    nonces = await world.commit([await world.task()])
    with pytest.raises(errors.Clone):
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


async def test_points_are_not_tried_one_after_the_other(application: Application, device: Device) -> None:
    """A thief of an unfinished slot who has the challenge: each PIN gives a share, so a P1 to try."""
    begun = await _begun(application, device)
    right, wrong = _offer(begun), _offer(begun)
    assert (await _key(device, begun, right)).status_code == 200
    # Who doesn't know its logarithm can't even ask.
    assert_refused(await _key(device, begun, wrong | {"z": right["z"]}), "bad_proof")
    assert (await _key(device, begun, right)).status_code == 200
    assert_refused(await _key(device, begun, wrong), "conflict")
    assert_refused(await _key(device, begun, right), "task_closed")
    row = await fetch(
        application.context.db, "SELECT * FROM keys WHERE uid = $1", bytes.fromhex(begun["uid"])
    )
    assert (row["state"], row["share_box"]) == ("void", None)
    # Nothing is left to be signed for, and a new code begins anew.
    assert (await device.call("GET", f"/api/phone/tasks/{begun['sid']}")).json()["state"] != "signed"
    await _begun(application, device)
