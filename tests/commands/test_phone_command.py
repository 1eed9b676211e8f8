"""`mshield phone` against a running service: commands that no other test of the virtual phone covers."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from mshield.client.errors import ProblemError
from mshield.testkit.demo.people import OPERATOR
from tests.support.forked import run_forked
from tests.support.live_service import LiveService, apply, log_in, register

pytestmark = pytest.mark.slow
_NEW = "Another-word-2026"
_SECRETS = {"MSHIELD_PHONE_PASSWORD": _NEW, "MSHIELD_PHONE_PIN": OPERATOR.pin}


def test_command_resets_a_forgotten_password(tmp_path: Path) -> None:
    live = LiveService(tmp_path, f"sqlite:///{tmp_path / 'mshield.db'}")
    live.prepare()
    live.start()
    try:
        with live.phone() as phone:
            register(live, phone)
            log_in(live, phone)
        _run(live, "sms-code", "--purpose", "reset", "--phone", OPERATOR.phone)
        code = live.sms_code("reset")
        given = ("--phone", OPERATOR.phone, "--id-number", OPERATOR.id_number, "--sms-code", code)
        assert _run(live, "reset-password", *given) == {"logins_ended": 1}
        with live.phone() as phone:
            with pytest.raises(ProblemError) as refused:
                log_in(live, phone)
            assert refused.value.code == "login_failed"
            log_in(live, phone, replace(OPERATOR, password=_NEW))
            apply(live, phone)
            phone.logout()
        _one_pin(live)
    finally:
        live.stop()


def _one_pin(live: LiveService) -> None:
    """The login is shown before the PIN; the same PIN unlocks the app and logs in at the PC."""
    with live.business() as business:
        asked = business.request_login()
        done = _run(live, "unlock", "--login", asked.qr_text(at=asked.received_at))
        assert isinstance(done, dict)
        assert done["login"] == "confirmed"
        assert business.status(asked.id).state == "signed"


def _run(live: LiveService, *arguments: str) -> object:
    where = ("--server", live.origin, "--folder", str(live.folder / "phone"))
    done = run_forked(("phone", *where, *arguments, "--json"), {**os.environ, **_SECRETS})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
