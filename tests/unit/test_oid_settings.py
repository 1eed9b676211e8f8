"""The operator's OID arc as a setting: what depends on it; arcs that parsers can't read are refused."""

import pytest
from pydantic import ValidationError

from mshield.pki.asn1.arcs import DEFAULT_ARC
from mshield.server.settings.settings import Settings


def test_all_oids_are_under_the_arc() -> None:
    settings = Settings.of(oid_arc="2.999.7")
    assert (settings.ca.display_oid, settings.ca.policy_oid) == ("2.999.7.1", "2.999.7.2")
    assert Settings().ca.display_oid == f"{DEFAULT_ARC}.1"


def test_explicit_policy_overrides_the_arc() -> None:
    assert Settings.of(oid_arc="2.999.7", certificate_policy="1.2.3").ca.policy_oid == "1.2.3"


@pytest.mark.parametrize(
    "arc", ["", "2.25.110860620154935717330723700372722797771", "1.2.156.10197.6", "abc"]
)
def test_invalid_arc_stops_the_start(arc: str) -> None:
    with pytest.raises(ValidationError):
        Settings.of(oid_arc=arc)
