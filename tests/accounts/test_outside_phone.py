"""The virtual phone logs in with accounts of outside systems, at a running service, from the command line."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mshield.server.accounts.outside_login import RETURN_PATH
from tests.support.live_service import LiveService, apply
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, providing, returned
from tests.support.outside_systems import PASSWORD, SECRET, AccountOffice, serving

pytestmark = pytest.mark.slow  # starts its own service

_PHONE: Final = (sys.executable, "-m", "mshield.cli.main", "phone")


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> Iterator[tuple[LiveService, Provider]]:
    live = LiveService(tmp_path, sqlite_url)
    with serving(AccountOffice()) as office, providing(live.origin + RETURN_PATH) as provider:
        live.settings["MSHIELD_ACCOUNT_SOURCES"] = json.dumps(
            [
                {"name": "single-window", "kind": "http", "title_zh": "单一窗口", "title_en": "Single Window",
                 "url": office.url, "secret": SECRET},
                {"name": "customs", "kind": "oidc", "title_zh": "互联网+海关", "title_en": "Internet+Customs",
                 "url": provider.issuer, "client_id": CLIENT_ID, "secret": CLIENT_SECRET},
            ]
        )  # fmt: skip
        live.prepare()
        live.start()
        yield live, provider
        live.stop()


def _command(live: LiveService, name: str, *arguments: str) -> subprocess.Popen[str]:
    where = ("--folder", str(live.folder / name), "--server", live.origin)
    return subprocess.Popen(
        (*_PHONE, *where, *arguments, "--lang", "en"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=live.environment() | {"MSHIELD_PHONE_PASSWORD": PASSWORD},
    )


def test_r2_a_user_of_the_single_window_logs_in_and_applies(service: tuple[LiveService, Provider]) -> None:
    live, _ = service
    with live.phone("phone") as phone:
        captcha = phone.captcha().captcha_id
        answer = live.get(f"/dev/captchas/{captcha}")["answer"]
        done = _command(
            live, "phone", "login", "--source", "single-window", "--account", "lin", "--captcha-id", captcha,
            "--captcha", answer,
        )  # fmt: skip
        out, err = done.communicate(timeout=30)
        assert (done.returncode, out.split()[:3]) == (0, ["Logged", "in:", "林知远"]), err
        apply(live, phone)
        assert phone.status().shield_number is not None
    assert PASSWORD not in live.log.read_text()


def test_r2_a_user_of_internet_customs_logs_in_at_its_page(service: tuple[LiveService, Provider]) -> None:
    live, provider = service
    done = _command(live, "other", "login", "--source", "customs")
    assert done.stderr is not None
    assert done.stdin is not None
    address = done.stderr.readline().split()[-1]
    done.stdin.write(returned(live.origin + RETURN_PATH, *provider.log_in_at(address)) + "\n")
    out, err = done.communicate(timeout=30)
    assert (done.returncode, out.split()[:3]) == (0, ["Logged", "in:", "林知远"]), err
    unknown = _command(live, "other", "login", "--source", "elsewhere")
    assert "customs, single-window" in unknown.communicate(timeout=30)[1]
    assert unknown.returncode == 2
