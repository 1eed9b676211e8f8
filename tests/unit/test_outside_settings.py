"""Addresses of outside systems: secrets and personal data travel by https, or stay on this machine."""

import pytest
from pydantic import ValidationError

from mshield.settings import Settings


@pytest.mark.parametrize("url", ["https://filing.example/api/", "http://localhost:9", "http://[::1]:9/x"])
def test_addresses_that_may_be(url: str) -> None:
    assert Settings(filing_source_url=url).filing_source_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["http://filing.example", "ftp://filing.example", "https://", "https://u:p@filing.example", "filing.example",
     "https://filing.example/?a=b", "https://filing.example/#x"],
)  # fmt: skip
def test_addresses_that_may_not(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(filing_source_url=url)
