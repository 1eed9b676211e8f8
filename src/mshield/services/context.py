"""What a running service consists of: made once by `main`, handed to every route."""

from dataclasses import dataclass

from mshield.services.accounts.opened import Accounts
from mshield.services.certificates.opened import Certificates
from mshield.services.filing.opened import Filing
from mshield.services.ground import Ground
from mshield.services.identity.opened import Identity
from mshield.services.legal_person.opened import LegalPersons
from mshield.services.notices.opened import Notices
from mshield.services.oidc.provider import OidcProvider
from mshield.services.operations.opened import Operations
from mshield.services.process.proofs_once import ProofsOnce
from mshield.services.process.readiness import Ready
from mshield.services.process.repeated_calls import AnswerOnce
from mshield.services.requests.opened import Requests
from mshield.services.signing.opened import Signing
from mshield.services.staff.opened import Staff
from mshield.services.systems.opened import Systems


@dataclass(frozen=True, kw_only=True)
class Context(Ground):
    """What one process has, and the subjects of its services."""

    answer_once: AnswerOnce
    proofs_once: ProofsOnce
    ready: Ready

    accounts: Accounts
    certificates: Certificates
    filing: Filing
    identity: Identity
    legal_person: LegalPersons
    notices: Notices
    oidc: OidcProvider
    operations: Operations
    requests: Requests
    signing: Signing
    staff: Staff
    systems: Systems
