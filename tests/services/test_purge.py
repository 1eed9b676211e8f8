"""What only counted for a while goes after a day, and nothing that still counts."""

import pytest

from mshield.domain import errors
from mshield.keys.keyring import Keyring
from mshield.services.purge import purge
from mshield.settings import Settings
from mshield.store.database import Database
from tests.accounts import Office, make_passwords_cheap
from tests.conftest import Clock


async def test_a_day_later_all_of_it_goes(
    db: Database, keyring: Keyring, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_passwords_cheap(monkeypatch)
    office = Office.on(db, keyring, Settings(session_seconds=60))
    await office.enter(now=clock(), sms_code=await office.code(now=clock()))
    with pytest.raises(errors.LoginFailed):
        await office.come_in(now=clock(), password="Wrong-password-1")
    await office.come_in(now=clock())
    assert await purge(db, now=clock()) == 0
    # Two captchas; counts of the address for SMS, captchas, logins; the number's count; a code; a login.
    assert await purge(db, now=clock.advance(seconds=86_400 + 120)) == 8
    assert await purge(db, now=clock()) == 0
    await office.come_in(now=clock())
