"""Preview of a renewal: the certificate's data beside the filing's, shown before an SMS code is requested."""

from dataclasses import dataclass

import msgspec

from mshield.server.accounts.holder import own_id_number
from mshield.server.accounts.session import PhoneLogin
from mshield.server.certificates.enrol import refresh_record
from mshield.server.certificates.errors import NoCertificate, OtherApplicant
from mshield.server.certificates.outside_reports import issuer_message
from mshield.server.certificates.renew import Renew, usable_in_force
from mshield.server.certificates.rows import certificates, enrolment
from mshield.server.filing.errors import NoFiling
from mshield.server.values.names import mask_but_end
from mshield.wire.identity import Role
from mshield.wire.phone.enrolment import ApplicantMessage, RenewalDataMessage, RenewalPreviewMessage, UserType


@dataclass(frozen=True, slots=True)
class PreviewRenewal:
    """Returns previews to the requesting phone; changes nothing except what an outside filing system reports."""

    renew: Renew

    async def __call__(self, login: PhoneLogin, *, now: int) -> RenewalPreviewMessage:
        """Returns the preview.

        Raises: as `Renew.begin` for wrong data, so that no SMS code is requested for data that will be
        refused.

        Only the end of the id number is shown: together with the birth date, which a phone may query, more
        digits or the beginning would reveal the number to anybody who has the phone.
        """
        db = self.renew.db
        old = await usable_in_force(db, login, now=now)
        row = await certificates.find_by_serial(db, serial=old.serial)
        number = await own_id_number(db, self.renew.keyring, login)
        if row is None or number is None:
            raise NoCertificate
        application = ApplicantMessage(row.common_name, number, _user_type(row.role), row.credit_code)
        await refresh_record(self.renew.look_up, self.renew.lookup, login, application, now=now)
        person = await enrolment.find_filed(
            db, credit_code=row.credit_code, role=row.role, id_number_hash=login.id_number_hash
        )
        if person is None:
            raise NoFiling
        old = await usable_in_force(db, login, now=now)
        if person.id != old.person_id:
            raise OtherApplicant
        issuer = self.renew.issuer_for(person.role, person.credit_code)
        return RenewalPreviewMessage(
            reason=self.renew.why(old, now=now),
            until=old.not_after,
            id_number_masked=mask_but_end(number),
            certified=RenewalDataMessage(
                row.common_name, _user_type(row.role), row.organisation, row.credit_code
            ),
            filed=RenewalDataMessage(
                person.name, _user_type(person.role), person.organisation, person.credit_code
            ),
            issuer=msgspec.UNSET if issuer is None else issuer_message(issuer),
        )


def _user_type(role: str) -> UserType:
    return "legal_person" if role == Role.LEGAL_PERSON else "operator"
