"""Parts of a running service: created once by `main`, handed to every route."""

from dataclasses import dataclass

from mshield.server.accounts.opened import Accounts
from mshield.server.certificates.opened import Certificates
from mshield.server.figures.opened import Figures
from mshield.server.filing.opened import Filing
from mshield.server.ground import Ground
from mshield.server.identity.opened import Identity
from mshield.server.legal_person.opened import LegalPersons
from mshield.server.log.open_log import Log
from mshield.server.notices.opened import Notices
from mshield.server.oidc.provider import OidcProvider
from mshield.server.publication.publisher import Publisher
from mshield.server.requests.opened import Requests
from mshield.server.retention.opened import Retention
from mshield.server.runtime.health.readiness import Ready
from mshield.server.runtime.proofs_once import ProofsOnce
from mshield.server.runtime.repeated_calls import AnswerOnce
from mshield.server.signing.opened import Signing
from mshield.server.staff.opened import Staff
from mshield.server.systems.opened import Systems


@dataclass(frozen=True, kw_only=True)
class Context(Ground):
    """Everything that one process has, with the services of each subject."""

    answer_once: AnswerOnce
    proofs_once: ProofsOnce
    ready: Ready
    log: Log
    publication: Publisher

    accounts: Accounts
    certificates: Certificates
    figures: Figures
    filing: Filing
    identity: Identity
    legal_person: LegalPersons
    notices: Notices
    oidc: OidcProvider
    requests: Requests
    retention: Retention
    signing: Signing
    staff: Staff
    systems: Systems
