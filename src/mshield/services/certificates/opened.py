"""The services of certificates, opened once per process."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from mshield.services.accounts.sms_codes import SpendCode
from mshield.services.certificates.bind import Bind
from mshield.services.certificates.certificate import Certificates as OwnCertificate
from mshield.services.certificates.count import CountCertificates
from mshield.services.certificates.disown_device import DisownDevice
from mshield.services.certificates.enrol import Enrol
from mshield.services.certificates.issue import Issue
from mshield.services.certificates.renew import Renew
from mshield.services.certificates.renewal_preview import PreviewRenewal
from mshield.services.certificates.search import FindCertificates
from mshield.services.filing.look_up import LookUpFiling
from mshield.services.ground import Ground
from mshield.services.identity.proofs import Proofs
from mshield.services.signing.step_up import StepUp


@dataclass(frozen=True, slots=True)
class Certificates:
    """What is done with certificates; `own` is that of the phone that asks."""

    enrol: Enrol
    own: OwnCertificate
    renew: Renew
    preview: PreviewRenewal
    bind: Bind
    search: FindCertificates
    count: CountCertificates
    disown_device: DisownDevice


def open_certificates(
    ground: Ground, look_up: LookUpFiling, spend_code: SpendCode, proofs: Proofs, step_up: StepUp
) -> Certificates:
    """`look_up` finds who applies in the filing, `proofs` show that it is they; `spend_code` takes their SMS code.

    `step_up` takes the PIN in place of a code where it can.
    """
    issue = Issue(ground.db, ground.keyring, ground.lookup, ground.authorities, ground.settings)
    renew = Renew(
        ground.db, ground.engine, ground.keyring, ground.lookup, issue, ground.settings, spend_code, look_up
    )
    return Certificates(
        enrol=Enrol(ground.db, ground.engine, ground.keyring, ground.lookup, spend_code, proofs, look_up),
        own=OwnCertificate(ground.db, ground.engine, ground.authorities, issue, proofs),
        renew=renew,
        preview=PreviewRenewal(renew),
        bind=Bind(ground.db, ground.settings),
        search=FindCertificates(
            ground.db, ground.keyring, ground.lookup, ground.authorities, ZoneInfo(ground.settings.time_zone)
        ),
        count=CountCertificates(ground.db),
        disown_device=DisownDevice(ground.db, step_up),
    )
