"""`/demo/` links the demonstration's systems in demo mode; production has neither it nor `/dev/`."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.support.application import running
from tests.support.clock import Clock
from tests.unit.gateways.provider import provider

SYSTEMS = {"single_window": "http://localhost:8001", "palm_customs": "http://localhost:8002"}


@pytest.mark.parametrize(
    ("accept", "says"),
    [
        ("zh-CN", ('<html lang="zh-CN">', "<h1>演示</h1>", "手机盾 App")),
        ("en-GB,zh;q=0.5", ('<html lang="en">', "<h1>Demonstration</h1>", "Palm customs")),
    ],
)
async def test_page_links_every_demo_system(
    sqlite_url: str, tmp_path: Path, clock: Clock, accept: str, says: tuple[str, ...]
) -> None:
    async with running(sqlite_url, tmp_path, clock, demo_systems=SYSTEMS) as application:
        moved = await application.http.get("/demo")
        assert (moved.status_code, moved.headers["Location"]) == (302, "/demo/")
        shown = await application.http.get("/demo/", headers={"Accept-Language": accept})
    assert shown.status_code == 200
    assert all(each in shown.text for each in says)
    for address in (*SYSTEMS.values(), "/app/", "/portal/", "/dev/sms"):
        assert f'href="{address}"' in shown.text
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


async def test_page_explains_how_to_start_missing_demo_systems(
    sqlite_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with running(sqlite_url, tmp_path, clock) as application:
        assert "make demo" in (await application.http.get("/demo/")).text


async def test_production_has_no_demonstration(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    with provider() as there:
        settings = {
            "mode": "production",
            "public_origin": "https://shield.example",
            "demo_systems": SYSTEMS,
            "sms_gateway": "aliyun",
            "sms_key_id": "an id",
            "sms_key_secret": SecretStr("a secret"),
            "sms_sign_name": "手机盾",
            "sms_templates": {"code": "SMS_1"},
            "sms_endpoint": there.address,
        }
        async with running(sqlite_url, tmp_path, clock, **settings) as application:
            for path in ("/demo", "/demo/", "/dev/sms", "/dev/sms.json", "/dev/captchas/x"):
                assert (await application.http.get(path)).status_code == 404
