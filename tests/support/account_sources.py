"""The two outside account systems used by tests: Single Window by password, Internet+Customs by its page."""

from pydantic import SecretStr

from mshield.server.settings.forms import AccountSource
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider
from tests.support.outside_systems import SECRET, OutsideServer


def both_sources(
    server: OutsideServer,
    provider: Provider,
    *,
    server_claim: str = "",
    provider_claim: str = "",
) -> tuple[AccountSource, ...]:
    """Returns settings for both systems; a claim is the one by which a system states whom it has verified."""
    return (
        AccountSource(
            name="single-window", kind="http", title_zh="单一窗口", title_en="Single Window", url=server.url,
            secret=SecretStr(SECRET), seconds=5, identity_claim=server_claim,
        ),
        AccountSource(
            name="customs", kind="oidc", title_zh="互联网+海关", title_en="Internet+Customs", url=provider.issuer,
            client_id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET), seconds=5, identity_claim=provider_claim,
        ),
    )  # fmt: skip
