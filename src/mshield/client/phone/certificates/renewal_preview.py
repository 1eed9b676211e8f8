"""What a renewal would change (更新证书): the certificate's data beside those on file, before a code is asked for."""

import msgspec

from mshield.client.phone.certificates.enrolment import Application, UserType
from mshield.client.phone.operation import Operation
from mshield.client.wire import read


class RenewalData(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a certificate names, and of which enterprise."""

    name: str
    user_type: UserType
    enterprise: str
    credit_code: str


class RenewalPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What is certified and what would be; `reason` is None where no renewal is due. `until` in ms since the epoch."""

    reason: str | None
    until: int
    id_number_masked: str
    certified: RenewalData
    filed: RenewalData


def preview(operation: Operation) -> RenewalPreview:
    """As the service has it now. ProblemError as a renewal with these data would get."""
    answer = operation.connection.get("/api/phone/renewals/preview", operation.logged_in())
    return read(answer, RenewalPreview)


def filled(
    operation: Operation,
    *,
    name: str | None,
    id_number: str | None,
    user_type: UserType | None,
    credit_code: str | None,
    sms_code: str,
) -> Application:
    """The data page: what isn't said is as on file, and the id number the account's own."""
    if name is None or user_type is None or credit_code is None:
        filed = preview(operation).filed
        name, user_type = name or filed.name, user_type or filed.user_type
        credit_code = credit_code or filed.credit_code
    return Application(
        name=name, id_number=id_number, user_type=user_type, credit_code=credit_code, sms_code=sms_code
    )
