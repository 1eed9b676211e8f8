"""Only a proxy that the operator trusts may state a caller's address."""

from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.support.live_service import LiveService

pytestmark = pytest.mark.slow

_ONE_EACH: Final = {"MSHIELD_CAPTCHAS_PER_ADDRESS": "1"}


@pytest.fixture
def service(tmp_path: Path) -> LiveService:
    return LiveService(tmp_path, f"sqlite:///{tmp_path / 'mshield.db'}", settings=_ONE_EACH)


def _captcha_for(service: LiveService, address: str) -> int:
    said = {"X-Forwarded-For": address, "X-Real-IP": address, "Forwarded": f"for={address}"}
    asked = httpx.post(f"{service.origin}/api/portal/captchas", headers=said, trust_env=False)
    return asked.status_code


def test_only_a_trusted_proxy_distinguishes_callers(service: LiveService) -> None:
    service.prepare()
    try:
        service.start()
        assert [_captcha_for(service, address) for address in ("192.0.2.1", "198.51.100.1")] == [201, 429]
        service.stop()
        service.options = ("--trust-proxy", "127.0.0.1,::1")
        service.start()
        assert [_captcha_for(service, address) for address in ("192.0.2.1", "198.51.100.1")] == [201, 201]
        assert _captcha_for(service, "192.0.2.1") == 429
    finally:
        service.stop()
