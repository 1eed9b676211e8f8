"""What a renewal would change: the certificate's data beside the filing's, before an SMS code is asked for."""

from dataclasses import dataclass

from mshield.domain import errors
from mshield.domain.certificates.renewal import Reason
from mshield.domain.identity import mask_but_end
from mshield.services.accounts.holder import own_id_number
from mshield.services.accounts.session import PhoneLogin
from mshield.services.certificates.enrol import Application, bring_up_to_date
from mshield.services.certificates.renew import Renew, usable_in_force
from mshield.store.certificates import certificates, enrolment


@dataclass(frozen=True, slots=True)
class RenewalData:
    """Whom a certificate names; `role` is `operator` or `legal_person`."""

    name: str
    role: str
    enterprise: str
    credit_code: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What is certified, and what would be; `reason` is None where no renewal is due. `until` in ms.

    Of the id number only its end shows: with the birth date, which a phone may ask for, a longer end or a beginning
    would tell the number to whoever holds the phone.
    """

    reason: Reason | None
    until: int
    id_number_masked: str
    certified: RenewalData
    filed: RenewalData


@dataclass(frozen=True, slots=True)
class PreviewRenewal:
    """Shows it to the phone that asks, and changes nothing but what an outside filing system tells."""

    renew: Renew

    async def __call__(self, login: PhoneLogin, *, now: int) -> Preview:
        """Raises as `Renew.begin` does over the data, so that nobody types an SMS code for nothing."""
        db = self.renew.db
        old = await usable_in_force(db, login, now=now)
        row = await certificates.find_by_serial(db, serial=old.serial)
        number = await own_id_number(db, self.renew.keyring, login)
        if row is None or number is None:
            raise errors.NoCertificate
        application = Application(row.common_name, number, row.role, row.credit_code)
        await bring_up_to_date(self.renew.look_up, self.renew.lookup, login, application, now=now)
        person = await enrolment.find_filed(
            db, credit_code=row.credit_code, role=row.role, id_number_hash=login.id_number_hash
        )
        if person is None:
            raise errors.NoFiling
        old = await usable_in_force(db, login, now=now)
        if person.id != old.person_id:
            raise errors.OtherApplicant
        return Preview(
            reason=self.renew.why(old, now=now),
            until=old.not_after,
            id_number_masked=mask_but_end(number),
            certified=RenewalData(row.common_name, row.role, row.organisation, row.credit_code),
            filed=RenewalData(person.name, person.role, person.organisation, person.credit_code),
        )
