"""Consents to policies, and the return from an outside login page, in calls that may create an account."""

from typing import Annotated

import msgspec

from mshield.server.accounts.outside_pages import MAX_CODE, MAX_STATE
from mshield.server.accounts.policy_consents import Agreement
from mshield.server.accounts.rules.policies import MAX_VERSION, Place
from mshield.server.http.body import Wire

Version = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_VERSION, examples=["2026-11-29"])]


class ConsentsMessage(Wire, frozen=True):
    """Version that each consent refers to; `sensitive` is the separate consent to the use of the ID number."""

    privacy: Version
    agreement: Version
    sensitive: Version


class OutsideReturnMessage(Wire, frozen=True):
    """Parameters returned by the outside page; `consents` is needed at the user's first login here."""

    state: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_STATE)]
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CODE)]
    consents: ConsentsMessage | None = None


def agreement_of(consents: ConsentsMessage | None, place: Place) -> Agreement:
    """Converts the consents of a call; without versions if the call has none."""
    if consents is None:
        return Agreement(None, place)
    versions = {
        "privacy": consents.privacy,
        "agreement": consents.agreement,
        "sensitive": consents.sensitive,
    }
    return Agreement(versions, place)
