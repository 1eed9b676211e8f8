"""`mshield phone` against a running service: what no other test of the virtual phone goes through by its commands."""

import json
import os
from pathlib import Path

import pytest

from mshield.client.errors import ProblemError
from mshield.demo.people import OPERATOR
from tests.support.forked import run_forked
from tests.support.live_service import LiveService, log_in, register

pytestmark = pytest.mark.slow
_NEW = "Another-word-2026"


def test_a_forgotten_password_is_set_anew(tmp_path: Path) -> None:
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
    finally:
        live.stop()


def _run(live: LiveService, *arguments: str) -> object:
    where = ("--server", live.origin, "--folder", str(live.folder / "phone"))
    done = run_forked(("phone", *where, *arguments, "--json"), {**os.environ, "MSHIELD_PHONE_PASSWORD": _NEW})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
