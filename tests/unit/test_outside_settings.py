"""Addresses of outside systems: secrets and personal data travel by https, or stay on this machine."""

import json

import pytest
from pydantic import ValidationError

from mshield.server.settings.settings import Settings, load_settings
from mshield.server.settings.sources import BadSettings


@pytest.mark.parametrize("url", ["https://filing.example/api/", "http://localhost:9", "http://[::1]:9/x"])
def test_allowed_addresses_are_accepted(url: str) -> None:
    assert Settings.of(filing_source_url=url).filing.source_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["http://filing.example", "ftp://filing.example", "https://", "https://u:p@filing.example", "filing.example",
     "https://filing.example/?a=b", "https://filing.example/#x"],
)  # fmt: skip
def test_disallowed_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings.of(filing_source_url=url)


SOURCE: dict[str, object] = {
    "name": "single-window", "kind": "http", "title_zh": "单一窗口", "title_en": "Single Window",
    "url": "https://sw.example/check/", "secret": "what-nobody-sees",
}  # fmt: skip


def _load(monkeypatch: pytest.MonkeyPatch, text: str) -> Settings:
    monkeypatch.setenv("MSHIELD_ACCOUNT_SOURCES", text)
    load_settings.cache_clear()
    try:
        return load_settings()
    finally:
        load_settings.cache_clear()


def test_sources_of_accounts_come_as_json_and_hide_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _load(monkeypatch, json.dumps([SOURCE]))
    (source,) = settings.accounts.account_sources
    assert (source.name, source.url, source.seconds) == ("single-window", "https://sw.example/check", 10)
    assert source.secret.get_secret_value() == "what-nobody-sees"
    assert "what-nobody-sees" not in f"{settings!r} {settings.model_dump()}"


@pytest.mark.parametrize(
    "text",
    ["x", "7", json.dumps([SOURCE, SOURCE]), *(json.dumps([SOURCE | change]) for change in (
        {"name": "local"}, {"name": "Single Window"}, {"name": "a\n"}, {"kind": "ldap"}, {"kind": "oidc"},
        {"client_id": "x"}, {"url": "http://sw.example"}, {"title_zh": ""}, {"more": 1}, {"seconds": 0},
    ))],
)  # fmt: skip
def test_invalid_sources_are_named_without_their_secrets(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(BadSettings) as refused:
        _load(monkeypatch, text)
    assert "MSHIELD_ACCOUNT_SOURCES" in refused.value.en
    assert "what-nobody-sees" not in refused.value.en + refused.value.zh
