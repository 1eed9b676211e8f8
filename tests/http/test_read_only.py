"""Read-only mode: calls that write are refused in both languages, calls that only read work."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from mshield.cli.main import main
from mshield.server.context import Context
from mshield.server.jobs import JOBS
from mshield.server.main import create_app
from mshield.server.runtime.jobs.runner import Runner
from mshield.server.runtime.rows.jobs import list_jobs
from mshield.server.settings.settings import Settings
from mshield.server.staff.rules import StaffRole
from tests.support.application import ORIGIN, Application, Device
from tests.support.conformance import Conforming
from tests.support.shield_over_http import Shield


@pytest.fixture
async def reading(application: Application) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another process on the same database, in read-only mode."""
    settings = application.context.settings
    app = create_app(settings.changed(read_only=True, jobs="in_process"), clock=application.clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=Conforming(app), base_url=ORIGIN) as http,
    ):
        http.context = app.state.context  # type: ignore[attr-defined]  # carried along
        yield http


def _refused(answer: httpx.Response) -> None:
    document = answer.json()
    assert (answer.status_code, document["code"]) == (503, "read_only"), answer.text
    assert int(answer.headers["retry-after"]) > 0
    assert "系统维护中" in document["zh"]
    assert "under maintenance" in document["en"]


async def test_phone_can_read_but_not_write(
    application: Application, device: Device, reading: httpx.AsyncClient
) -> None:
    shield = Shield(application, device)
    await shield.enrol()
    here = Device(reading, device.clock, device.key, device.token)
    for path in ("/api/phone/me", "/api/phone/certificate", "/api/phone/signatures"):
        assert (await here.call("GET", path)).status_code == 200, path
    form = {"phone": None, "purpose": "apply"}
    _refused(await here.call("POST", "/api/phone/sms-codes", form))
    _refused(await here.call("DELETE", "/api/phone/sessions/current"))
    assert (await device.call("GET", "/api/phone/me")).status_code == 200


async def test_business_system_and_console_can_read_but_not_write(
    application: Application, reading: httpx.AsyncClient
) -> None:
    token = await application.staff_token(StaffRole.SECURITY_OFFICER)
    headers = {"Authorization": f"Bearer {token}"}
    assert (await reading.get("/api/console/dashboard", headers=headers)).status_code == 200
    _refused(await reading.post("/api/console/jobs/purge/runs", headers=headers))
    auth = (application.client_id, application.client_secret)
    _refused(await reading.post("/api/business/requests", json={"kind": "login"}, auth=auth))
    assert (await reading.get("/healthz")).status_code == 200
    assert (await reading.get("/pki/root.cer")).status_code == 200


async def test_no_job_runs(application: Application, reading: httpx.AsyncClient) -> None:
    context: Context = reading.context  # type: ignore[attr-defined]  # as the fixture sets it
    outcome = await Runner(context, JOBS).run_now("purge")
    assert (outcome.state, outcome.error) == ("failed", "ReadOnly")
    await asyncio.sleep(1.2)
    assert await list_jobs(application.context.db) == []


async def test_a_command_that_writes_is_refused(
    application: Application, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings: Settings = application.context.settings
    environment = {
        "MSHIELD_DATABASE": settings.database.url,
        "MSHIELD_MASTER_KEY_FILE": str(settings.keys.master_key_file),
        "MSHIELD_HIGH_WATER_FOLDER": str(settings.database.high_water_folder),
        "MSHIELD_MODE": "demo",
        "MSHIELD_READ_ONLY": "true",
    }

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, [*arguments, "--json"], env=environment)
        return result.exit_code, result.output

    code, output = await asyncio.to_thread(run, "staff", "add", "顾行", "--role", "auditor")
    assert code != 0
    assert "read_only" in output
    code, output = await asyncio.to_thread(run, "staff", "list")
    assert (code, json.loads(output)) == (0, [])
