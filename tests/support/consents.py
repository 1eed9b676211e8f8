"""The consents in a registration form: agreement to the current policies."""

from typing import Final

from mshield.server.accounts.policy_consents import Agreement, Consents
from mshield.server.accounts.policy_documents import read_policies
from mshield.server.accounts.rules.policies import Policies
from mshield.server.database.interface import Database
from mshield.server.settings.settings import Settings

POLICIES: Final[Policies] = read_policies(Settings())
AGREED: Final = {"consents": POLICIES.versions}
AGREEMENT: Final = Agreement(POLICIES.versions, "app")


def consents_of(db: Database) -> Consents:
    """Creates the service that stores consents."""
    return Consents(db, POLICIES)
