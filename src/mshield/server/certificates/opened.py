"""Certificate services, created once per process."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mshield.server.accounts.sms_codes import SpendCode
from mshield.server.certificates.bind import Bind
from mshield.server.certificates.certificate import Certificates as OwnCertificate
from mshield.server.certificates.count import CountCertificates
from mshield.server.certificates.disown_device import DisownDevice
from mshield.server.certificates.enrol import Enrol
from mshield.server.certificates.issue import Issue
from mshield.server.certificates.local_authority import LocalAuthority
from mshield.server.certificates.outside_authority import OutsideAuthorities
from mshield.server.certificates.renew import Renew
from mshield.server.certificates.renewal_preview import PreviewRenewal
from mshield.server.certificates.search import FindCertificates
from mshield.server.certificates.submissions import Submissions
from mshield.server.filing.look_up import LookUpFiling
from mshield.server.ground import Ground
from mshield.server.identity.proofs import Proofs
from mshield.server.signing.step_up import StepUp


@dataclass(frozen=True, slots=True)
class Certificates:
    """Services for certificates; `own` handles the certificate of the requesting phone."""

    enrol: Enrol
    own: OwnCertificate
    renew: Renew
    preview: PreviewRenewal
    bind: Bind
    search: FindCertificates
    count: CountCertificates
    disown_device: DisownDevice
    submissions: Submissions | None
    """Requests at outside CAs, if any are configured."""


def open_certificates(
    ground: Ground, look_up: LookUpFiling, spend_code: SpendCode, proofs: Proofs, step_up: StepUp
) -> Certificates:
    """Creates the services.

    `look_up` queries the filing for an applicant, `proofs` checks that the account is that person's,
    `spend_code` spends their SMS code, and `step_up` accepts the PIN instead of a code where possible.
    """
    issue = Issue(ground.db, ground.keyring, ground.lookup, ground.authorities, ground.settings)
    submissions = outside = None
    if ground.outside is not None:
        submissions = Submissions(
            ground.db, ground.engine, ground.keyring, ground.outside, ground.settings.ca.renewal_confirm_days
        )
        outside = OutsideAuthorities(ground.db, submissions, ground.outside.cas)
    renew = Renew(
        ground.db,
        ground.engine,
        ground.keyring,
        ground.lookup,
        issue,
        ground.settings,
        spend_code,
        look_up,
        outside,
    )
    return Certificates(
        enrol=Enrol(
            ground.db, ground.engine, ground.keyring, ground.lookup, spend_code, proofs, look_up, outside
        ),
        own=OwnCertificate(
            ground.db, ground.engine, ground.chains, LocalAuthority(ground.db, issue), proofs, outside
        ),
        submissions=submissions,
        renew=renew,
        preview=PreviewRenewal(renew),
        bind=Bind(ground.db, ground.settings.signing),
        search=FindCertificates(
            ground.db,
            ground.keyring,
            ground.lookup,
            ground.chains,
            ZoneInfo(ground.settings.site.time_zone),
        ),
        count=CountCertificates(ground.db),
        disown_device=DisownDevice(ground.db, step_up),
    )
