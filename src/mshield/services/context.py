"""What a running service consists of: made once by `main`, handed to every route."""

from collections.abc import Callable
from dataclasses import dataclass

from mshield.gateways.sms import SmsGateway
from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.accounts.captcha import Captchas
from mshield.services.accounts.change_phone import ChangePhone
from mshield.services.accounts.login import LogIn
from mshield.services.accounts.manage import ManageAccounts
from mshield.services.accounts.outside import OutsideAccounts
from mshield.services.accounts.outside_login import OutsideLogin
from mshield.services.accounts.register import Register
from mshield.services.accounts.reset_password import ResetPassword
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.ca.state import ReadCaState
from mshield.services.certificates.bind import Bind
from mshield.services.certificates.certificate import Certificates
from mshield.services.certificates.enrol import Enrol
from mshield.services.certificates.renew import Renew
from mshield.services.certificates.search import FindCertificates
from mshield.services.filing.import_list import ImportFiling
from mshield.services.filing.people import FiledPeople
from mshield.services.filing.refresh import RefreshFiling
from mshield.services.legal_person.act import ManageShields
from mshield.services.legal_person.lists import LookUp
from mshield.services.legal_person.outside_login import PortalOutsideLogin
from mshield.services.legal_person.own_shield import OwnShield
from mshield.services.legal_person.session import PortalSessions
from mshield.services.log.open_log import Log
from mshield.services.notices.notify import Notify
from mshield.services.notices.sms_log import LoggedSms
from mshield.services.oidc.provider import OidcProvider
from mshield.services.operations.dashboard import ReadDashboard
from mshield.services.operations.watch_jobs import WatchJobs
from mshield.services.process.events import Events
from mshield.services.process.repeated_calls import AnswerOnce
from mshield.services.publication.publisher import Publisher
from mshield.services.requests.answer import Answer
from mshield.services.requests.ask import Ask
from mshield.services.requests.evidence import MakeEvidence
from mshield.services.requests.follow import Follow
from mshield.services.requests.my_signatures import MySignatures
from mshield.services.requests.result import MakeResult
from mshield.services.requests.secrets import RequestSecrets
from mshield.services.signing.finish import FinishSigning
from mshield.services.signing.internal_tasks import AskInternally
from mshield.services.signing.open import OpenSigning
from mshield.services.staff.approvals import Approvals
from mshield.services.staff.login import StaffLogins
from mshield.services.staff.own_login import OwnLogin
from mshield.services.staff.session import StaffSessions
from mshield.services.staff.set_up import SetUps
from mshield.services.systems.authenticate import BusinessAuthentication
from mshield.services.systems.manage import ManageSystems
from mshield.services.systems.webhook_endpoints import WebhookEndpoints
from mshield.services.systems.webhooks import Webhooks
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True)
class Context:
    """All services of one process; `clock` gives ms since 1970."""

    settings: Settings
    clock: Callable[[], int]
    db: Database
    engine: Engine
    keyring: Keyring
    lookup: LookupKey
    authorities: Authorities
    events: Events
    sms: SmsGateway
    publisher: Publisher
    log: Log
    authenticate_business: BusinessAuthentication
    answer_once: AnswerOnce
    captchas: Captchas
    notify: Notify
    sms_codes: SmsCodes
    import_filing: ImportFiling
    filed_people: FiledPeople
    refresh_filing: RefreshFiling
    change_phone: ChangePhone
    manage_accounts: ManageAccounts
    register: Register
    reset_password: ResetPassword
    outside_accounts: OutsideAccounts
    outside_login: OutsideLogin
    log_in: LogIn
    portal_sessions: PortalSessions
    portal_outside_login: PortalOutsideLogin
    staff_sessions: StaffSessions
    own_login: OwnLogin
    approvals: Approvals
    staff_logins: StaffLogins
    staff_set_ups: SetUps
    manage_shields: ManageShields
    own_shield: OwnShield
    look_up: LookUp
    enrol: Enrol
    certificates: Certificates
    my_signatures: MySignatures
    renew: Renew
    bind: Bind
    oidc: OidcProvider
    open_signing: OpenSigning
    finish_signing: FinishSigning
    ask_internally: AskInternally
    ask: Ask
    follow: Follow
    answer: Answer
    request_secrets: RequestSecrets
    signed_result: MakeResult
    make_evidence: MakeEvidence
    webhooks: Webhooks
    webhook_endpoints: WebhookEndpoints
    manage_systems: ManageSystems
    find_certificates: FindCertificates
    ca_state: ReadCaState
    dashboard: ReadDashboard
    sms_log: LoggedSms
    watch_jobs: WatchJobs
