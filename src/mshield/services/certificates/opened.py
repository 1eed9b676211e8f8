"""The services of certificates, opened once per process."""

from dataclasses import dataclass

from mshield.gm.engine import Engine
from mshield.keys.authority import Authorities
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.certificates.bind import Bind
from mshield.services.certificates.certificate import Certificates as OwnCertificate
from mshield.services.certificates.enrol import Enrol
from mshield.services.certificates.issue import Issue
from mshield.services.certificates.renew import Renew
from mshield.services.certificates.search import FindCertificates
from mshield.services.filing.look_up import LookUpFiling
from mshield.settings import Settings
from mshield.store.database.interface import Database


@dataclass(frozen=True, slots=True)
class Certificates:
    """What is done with certificates; `own` is that of the phone that asks."""

    enrol: Enrol
    own: OwnCertificate
    renew: Renew
    bind: Bind
    search: FindCertificates


def open_certificates(
    db: Database,
    *,
    engine: Engine,
    keyring: Keyring,
    lookup: LookupKey,
    authorities: Authorities,
    settings: Settings,
    look_up: LookUpFiling,
) -> Certificates:
    """`look_up` finds who applies in the filing."""
    issue = Issue(db, keyring, lookup, authorities, settings)
    return Certificates(
        enrol=Enrol(db, engine, keyring, lookup, look_up),
        own=OwnCertificate(db, engine, authorities, issue),
        renew=Renew(db, engine, lookup, issue, settings, look_up),
        bind=Bind(db, settings),
        search=FindCertificates(db, keyring, authorities),
    )
