"""The operator's arc as a setting: what hangs on it, and that none that parsers can't read is taken."""

import pytest
from pydantic import ValidationError

from mshield.pki.asn1.arcs import DEFAULT_ARC
from mshield.settings import Settings


def test_everything_stands_under_the_arc() -> None:
    settings = Settings(oid_arc="2.999.7")
    assert (settings.display_oid, settings.policy_oid) == ("2.999.7.1", "2.999.7.2")
    assert Settings().display_oid == f"{DEFAULT_ARC}.1"


def test_a_policy_of_its_own_wins() -> None:
    assert Settings(oid_arc="2.999.7", certificate_policy="1.2.3").policy_oid == "1.2.3"


@pytest.mark.parametrize(
    "arc", ["", "2.25.110860620154935717330723700372722797771", "1.2.156.10197.6", "abc"]
)
def test_no_arc_stops_the_start(arc: str) -> None:
    with pytest.raises(ValidationError):
        Settings(oid_arc=arc)
