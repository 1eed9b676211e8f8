"""Errors of identities: ill-formed personal data, missing or failed proofs, waits after a password reset."""

from mshield.server.errors import DomainError


class InvalidName(
    DomainError,
    code="invalid_name",
    zh="姓名有误，请按证件填写",
    en="The name is invalid. Enter it as on the document",
    faq="3.3",
):
    """The name is empty, too long or has characters not used in names."""


class InvalidIdNumber(
    DomainError,
    code="invalid_id_number",
    zh="证件号码有误，请按证件核对",
    en="The id number is invalid. Check it against the document",
    faq="3.3",
):
    """The id number's form, date or check digit is wrong."""


class InvalidCreditCode(
    DomainError,
    code="invalid_credit_code",
    zh="统一社会信用代码有误，请按营业执照核对",
    en="The unified social credit code is invalid. Check it against the business licence",
    faq="3.3",
):
    """The credit code's form or check digit (GB 32100) is wrong."""


class InvalidPhone(
    DomainError,
    code="invalid_phone",
    zh="手机号有误，请填写 11 位手机号",
    en="The phone number is invalid. Enter its 11 digits",
    faq="3.2",
):
    """The number is no mainland mobile number."""


class IdentityUnproven(
    DomainError,
    code="identity_unproven",
    zh="还没有核验您就是备案里的本人。请先在手机盾“核验身份”中选一种方式核验",
    en="You haven't proven yet that you are the person on file. Choose a way to prove it on the app's "
    "identity page first",
    faq="3.3",
):
    """The account has no valid identity proof; `counts_from` (ms) is the time from which one becomes valid.

    At the portal, `activation_id` lets the person who has just logged in continue with an activation code,
    and `reason` is `phone_changed` if a proof ended because the number on file isn't the account's.
    """

    def __init__(
        self, *, counts_from: int | None = None, activation_id: str | None = None, reason: str | None = None
    ) -> None:
        extra: dict[str, int | str | None] = {
            "counts_from": counts_from,
            "activation_id": activation_id,
            "reason": reason,
        }
        super().__init__(**{name: value for name, value in extra.items() if value is not None})


class ActivationCodeWrong(
    DomainError,
    code="activation_code_wrong",
    zh="激活码不正确，或已过期、已用过。还可以试 {left} 次",
    en="The activation code is wrong, expired or already used. {left:try is|tries are} left",
    faq="3.3",
):
    """The activation code is wrong, expired, used or another person's; the answer doesn't say which.

    A code belongs to one person, so it is also wrong with another name or id number.
    """

    def __init__(self, *, left: int) -> None:
        super().__init__(left=left)


class ActivationLocked(
    DomainError,
    code="activation_locked",
    zh="激活码输错次数太多，请 {retry_after}后再试，或换一种方式核验",
    en="Too many wrong activation codes. Try again in {retry_after}, or choose another way",
    faq="3.3",
):
    """Five wrong activation codes were entered for the account within a day."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class AppliesLater(
    DomainError,
    code="applies_later",
    zh="密码刚重设过，而您另一台设备上有手机盾。为防他人冒用，请 {retry_after}后再申请；"
    "那台手机已遗失的，请先由企业法人挂失、冻结或作废那个手机盾",
    en="The password was reset, and you have a shield on another device. To protect you, you can apply "
    "in {retry_after}; if that phone is lost, have your legal representative report its loss, freeze "
    "or revoke its shield first",
    faq="3.2",
):
    """The password was reset less than the waiting time ago, and another device has a shield of the account.

    There is no wait if the legal person or staff has stopped that shield.
    """

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class ActsLater(
    DomainError,
    code="acts_later",
    zh="这个账号的密码刚用短信重设过。为防他人冒用，请 {retry_after}后再办这件事；挂失、冻结不用等",
    en="The password of this account was reset by SMS. To protect its owner, you can do this in "
    "{retry_after}; reporting a loss and freezing don't wait",
    faq="3.2",
):
    """A critical act comes within the waiting time after a password reset.

    `until` is the end of the wait (ms).
    """

    def __init__(self, *, retry_after: int, until: int | None = None) -> None:
        super().__init__(retry_after=retry_after, **({} if until is None else {"until": until}))


class NoLegalPerson(
    DomainError,
    code="no_legal_person",
    zh="贵企业的法人还没有开通，暂时没有人能确认。请用激活码，或联系客服",
    en="Your legal representative has no proven account yet, so nobody can confirm. Use an activation "
    "code, or contact us",
    faq="3.3",
):
    """The enterprise has no legal person who could confirm the request."""


class ConsentNotYours(
    DomainError,
    code="consent_not_yours",
    zh="这个手机盾不能为该账号同意：要用本人在同一企业、同一用户类型的手机盾，而且备案没有变更",
    en="This shield can't consent for that account: it must belong to the same person, enterprise and "
    "user type, with unchanged filing",
    faq="3.3",
):
    """The shield can't give consent for that account.

    It belongs to another person or filing record, its filing changed, it is on hold, or its own account isn't
    proven.
    """


class RealNameDiffers(
    DomainError,
    code="real_name_differs",
    zh="运营商登记的不是您的姓名和证件号码，不能这样核验。请换一种方式",
    en="The carrier has this number under another name or id number. Choose another way",
    faq="3.3",
):
    """The phone number is registered to somebody else at the carrier."""


class RealNameUnknown(
    DomainError,
    code="real_name_unknown",
    zh="运营商没有这个手机号的实名记录，不能这样核验。请换一种方式",
    en="The carrier doesn't know whose number this is. Choose another way",
    faq="3.3",
):
    """The service has no holder for the number, such as a company's number or one of an unconnected carrier."""


class RealNameUnavailable(
    DomainError,
    code="real_name_unavailable",
    zh="运营商核验暂时不能用，没有核验。请稍后再试，或换一种方式",
    en="The carrier's check can't be reached, so nothing was verified. Try again later, or choose "
    "another way",
    faq="3.3",
):
    """The carrier's service is unreachable or returned an invalid answer."""


class NothingToAsk(
    DomainError,
    code="nothing_to_ask",
    zh="这个手机盾目前不需要法人办理这件事，请求没有提交",
    en="There is nothing of this kind for the legal representative to do about this shield. No request "
    "was made",
    faq="3.7",
):
    """The shield is already reported lost, has no hold that a legal person lifts, or can't be renewed."""


class AskNotDone(
    DomainError,
    code="ask_not_done",
    zh="还没有办理，不能答复“已办理”。请先在手机盾列表中作废或解除停用",
    en="The request isn't carried out yet. Revoke the shield, or lift the hold, in the list of shields first",
    faq="3.7",
):
    """The operator's request isn't carried out yet: the shield is unchanged."""
