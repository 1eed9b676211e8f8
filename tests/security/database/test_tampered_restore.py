"""A restore isn't declared while rows of the copy aren't as the service left them (R3)."""

from pathlib import Path

import pytest

from mshield.server.restore.high_water import Declared, RestoreTampered, declare_restore
from mshield.server.staff.rules import StaffRole
from tests.support.application import Application
from tests.support.intruder import Intruder
from tests.support.signing import fetch


@pytest.mark.parametrize("change", ["UPDATE filed_persons SET phone = '13900000000'", "DELETE FROM staff"])
async def test_tampered_copy_is_not_declared(
    application: Application, intruder: Intruder, tmp_path: Path, change: str
) -> None:
    await application.registered()
    await application.staff(StaffRole.AUDITOR)
    db, now = application.context.db, application.clock()
    folder = tmp_path / "marks"
    before = await fetch(db, "SELECT COUNT(*) AS n FROM acts WHERE act = 'restore.declare'")
    assert isinstance(await declare_restore(db, folder, now=now), Declared)
    intruder.run(change)
    with pytest.raises(RestoreTampered, match="seals check"):
        await declare_restore(db, folder, now=now)
    after = await fetch(db, "SELECT COUNT(*) AS n FROM acts WHERE act = 'restore.declare'")
    assert (before["n"], after["n"]) == (0, 1)
