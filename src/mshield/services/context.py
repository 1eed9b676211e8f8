"""What a running service consists of: made once by `main`, handed to every route."""

from collections.abc import Callable
from dataclasses import dataclass

from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.opened import Accounts
from mshield.services.certificates.opened import Certificates
from mshield.services.filing.opened import Filing
from mshield.services.legal_person.opened import LegalPersons
from mshield.services.log.open_log import Log
from mshield.services.notices.opened import Notices
from mshield.services.oidc.provider import OidcProvider
from mshield.services.operations.opened import Operations
from mshield.services.process.events import Events
from mshield.services.process.repeated_calls import AnswerOnce
from mshield.services.publication.publisher import Publisher
from mshield.services.requests.opened import Requests
from mshield.services.signing.opened import Signing
from mshield.services.staff.opened import Staff
from mshield.services.systems.opened import Systems
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What one process has, and the subjects of its services; `clock` gives ms since 1970."""

    settings: Settings
    clock: Callable[[], int]
    db: Database
    engine: Engine
    keyring: Keyring
    lookup: LookupKey
    authorities: Authorities
    events: Events
    log: Log
    publication: Publisher
    answer_once: AnswerOnce

    accounts: Accounts
    certificates: Certificates
    filing: Filing
    legal_person: LegalPersons
    notices: Notices
    oidc: OidcProvider
    operations: Operations
    requests: Requests
    signing: Signing
    staff: Staff
    systems: Systems
