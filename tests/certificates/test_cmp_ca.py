"""A certificate of a CA that speaks CMP: asked for, waited for, confirmed and in force."""

import hashlib
from pathlib import Path

import pytest

from mshield.server.authorities.outside.opened import open_outside_cas
from mshield.server.certificates.rows import certificates
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from tests.support.clock import Clock
from tests.support.cmp_ca import REFERENCE, SECRET, CmpCa
from tests.support.more_phones import sign_request
from tests.support.outside_systems import serving
from tests.support.ra_server import OutsideWorld
from tests.support.signing import World, make_world
from tests.unit.pki.authority import authority

A = authority()


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> World:
    """A logged-in phone of a filed operator, without a certificate."""
    return await make_world(db, keyring, clock, enrolled=False)


def cas_toml(folder: Path, url: str, form: str) -> str:
    """Writes the settings of that CA and returns their path."""
    (folder / "secret").write_bytes(SECRET)
    (folder / "ca.pem").write_text(A.root.pem() + A.issuing.pem(), "ascii")
    path = folder / "cas.toml"
    path.write_text(
        f'[[ca]]\nname="example"\nkind="cmp"\nurl="{url}"\ndisplay="示例"\nsecret_file="{folder}/secret"\n'
        f'certificates="{folder}/ca.pem"\nroots=["{hashlib.sha256(A.root.der).hexdigest()}"]\n'
        f'status_hosts=["ca.example.cn"]\n[ca.options]\nreference="{REFERENCE.decode()}"\nform="{form}"\n'
        '[[route]]\nca="example"\n',
        "utf-8",
    )
    return str(path)


@pytest.mark.parametrize("form", ["p10cr", "cr"])
async def test_certificate_of_a_cmp_ca_is_put_in_force(
    world: World, tmp_path: Path, clock: Clock, form: str
) -> None:
    """Every answer comes late, and the first one is lost."""
    ca = CmpCa(A, mode="cut", polls=2, check_after=60, clock=clock)
    with serving(ca.answer) as server:
        settings = open_outside_cas(cas_toml(tmp_path, server.url, form), now=clock())
        assert settings is not None
        outside = OutsideWorld(world, ca, settings)  # type: ignore[arg-type]  # only the plain CA's tests ask it
        await sign_request(world)
        await outside.issue()
        ca.mode = "ok"
        await outside.settle()
    row = await outside.row()
    assert row.state == "done", row
    stored = await certificates.find_by_serial(world.db, serial=row.handle)
    assert stored is not None
    assert stored.state == "active"
    assert [one.der for one in ca.confirmed] == [stored.der]
    assert ca.kinds[0] == form
    assert ca.kinds[-4:] == ["pollReq", "certConf", "pollReq", "pollReq"]
