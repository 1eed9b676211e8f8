"""What a running service consists of: made once by `main`, handed to every route."""

from collections.abc import Callable
from dataclasses import dataclass

from mshield.gateways.sms import SmsGateway
from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.answer import Answer
from mshield.services.answer_once import AnswerOnce
from mshield.services.approvals import Approvals
from mshield.services.ask import Ask
from mshield.services.authenticate_system import BusinessAuthentication
from mshield.services.bind import Bind
from mshield.services.ca_state import ReadCaState
from mshield.services.captcha import Captchas
from mshield.services.certificate import Certificates
from mshield.services.change_phone import ChangePhone
from mshield.services.dashboard import ReadDashboard
from mshield.services.enrol import Enrol
from mshield.services.events import Events
from mshield.services.evidence import MakeEvidence
from mshield.services.filed_people import FiledPeople
from mshield.services.find_certificates import FindCertificates
from mshield.services.finish_signing import FinishSigning
from mshield.services.follow import Follow
from mshield.services.import_filing import ImportFiling
from mshield.services.internal_task import AskInternally
from mshield.services.log.open_log import Log
from mshield.services.login import LogIn
from mshield.services.manage_accounts import ManageAccounts
from mshield.services.manage_acts import ManageShields
from mshield.services.manage_lists import LookUp
from mshield.services.manage_systems import ManageSystems
from mshield.services.my_signatures import MySignatures
from mshield.services.notify import Notify
from mshield.services.oidc.provider import OidcProvider
from mshield.services.open_signing import OpenSigning
from mshield.services.outside_accounts import OutsideAccounts
from mshield.services.outside_login import OutsideLogin
from mshield.services.own_login import OwnLogin
from mshield.services.own_shield import OwnShield
from mshield.services.portal_outside_login import PortalOutsideLogin
from mshield.services.portal_session import PortalSessions
from mshield.services.publish import Publisher
from mshield.services.refresh_filing import RefreshFiling
from mshield.services.register import Register
from mshield.services.renew import Renew
from mshield.services.request_secrets import RequestSecrets
from mshield.services.reset_password import ResetPassword
from mshield.services.result import MakeResult
from mshield.services.sms_codes import SmsCodes
from mshield.services.sms_log import LoggedSms
from mshield.services.staff_login import StaffLogins
from mshield.services.staff_session import StaffSessions
from mshield.services.staff_set_up import SetUps
from mshield.services.watch_jobs import WatchJobs
from mshield.services.webhook_endpoints import WebhookEndpoints
from mshield.services.webhooks import Webhooks
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
