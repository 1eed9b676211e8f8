"""Security policies of the page that verifies signatures: it may call this service, its workers no one."""

from pathlib import Path

import httpx
import pytest

from mshield.server.http.sites.verify_app import verify_app
from tests.support.serving import serving

_CLOSED = ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]
_TRUSTED = ["require-trusted-types-for 'script'", "trusted-types vue mshield"]


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        (
            "",
            [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "worker-src 'self'",
                "img-src 'self' data:",
                "connect-src 'self'",
                *_CLOSED,
                *_TRUSTED,
            ],
        ),
        ("assets/worker-0a1b2c3d.js", ["default-src 'none'", *_CLOSED, *_TRUSTED]),
    ],
)
async def test_verify_page_has_strict_policies(tmp_path: Path, path: str, policy: list[str]) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "assets" / "worker-0a1b2c3d.js").write_text("export {};")
    transport = httpx.ASGITransport(serving(verify_app(tmp_path).routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://shield.example") as http:
        answer = await http.get(f"/verify/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].split("; ") == policy
    assert answer.headers["referrer-policy"] == "no-referrer"
