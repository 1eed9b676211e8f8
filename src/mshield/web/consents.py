"""What somebody agreed to, as calls that make an account say it."""

from typing import Annotated, Literal

import msgspec

from mshield.domain.people.policies import MAX_VERSION
from mshield.services.accounts.policies.consents import Agreement, Place
from mshield.web.body import Wire

Version = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_VERSION, examples=["2026-11-29"])]
PolicyName = Literal["privacy", "agreement", "sensitive"]


class ConsentsMessage(Wire, frozen=True):
    """The version that each consent is to; `sensitive` is that to the id number, by itself."""

    privacy: Version
    agreement: Version
    sensitive: Version


def agreement_of(consents: ConsentsMessage | None, place: Place) -> Agreement:
    """What came along; nothing where the call is of somebody who wasn't asked."""
    if consents is None:
        return Agreement(None, place)
    versions = {
        "privacy": consents.privacy,
        "agreement": consents.agreement,
        "sensitive": consents.sensitive,
    }
    return Agreement(versions, place)
