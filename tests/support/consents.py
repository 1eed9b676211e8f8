"""What a form says that makes an account: its owner agreed to the documents in force."""

from typing import Final

from mshield.domain.people.policies import Policies
from mshield.services.accounts.policies.consents import Agreement, Consents
from mshield.services.accounts.policies.documents import read_policies
from mshield.settings import Settings
from mshield.store.database.interface import Database

POLICIES: Final[Policies] = read_policies(Settings())
AGREED: Final = {"consents": POLICIES.versions}
AGREEMENT: Final = Agreement(POLICIES.versions, "app")


def consents_of(db: Database) -> Consents:
    """The service that keeps them."""
    return Consents(db, POLICIES)
