"""What people fill in about themselves, where its form is wrong."""

from mshield.domain.errors.domain_error import DomainError


class InvalidName(
    DomainError,
    code="invalid_name",
    zh="姓名有误，请按证件填写",
    en="The name is not right. Enter it as on the document",
    faq="3.3",
):
    """Empty, too long, or with characters that no name has."""


class InvalidIdNumber(
    DomainError,
    code="invalid_id_number",
    zh="证件号码有误，请按证件核对",
    en="The id number is not right. Check it against the document",
    faq="3.3",
):
    """Form, date or check digit."""


class InvalidCreditCode(
    DomainError,
    code="invalid_credit_code",
    zh="统一社会信用代码有误，请按营业执照核对",
    en="The unified social credit code is not right. Check it against the business licence",
    faq="3.3",
):
    """Form or check digit (GB 32100)."""


class InvalidPhone(
    DomainError,
    code="invalid_phone",
    zh="手机号有误，请填写 11 位手机号",
    en="The phone number is not right. Enter the 11 digits",
    faq="3.2",
):
    """Not a mainland mobile number."""


class IdentityUnproven(
    DomainError,
    code="identity_unproven",
    zh="还没有核验您就是备案里的本人。请先在手机盾“核验身份”中选一种方式核验",
    en="Nothing proves yet that you are the person on file. Choose a way in the app's identity page first",
    faq="3.3",
):
    """The account has no proof that counts; `counts_from` (ms) where one begins to count later.

    At the portal `activation_id` lets who has just logged in go on by an activation code, and `reason` is
    `phone_changed` where a proof ended because the number on file isn't the account's.
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
    zh="激活码不对，或已过期、已用过。还可以试 {left} 次",
    en="The activation code is wrong, has expired or was used. {left:try is|tries are} left",
    faq="3.3",
):
    """Not told which. The code is one person's: another's name or id number makes it wrong too."""

    def __init__(self, *, left: int) -> None:
        super().__init__(left=left)


class ActivationLocked(
    DomainError,
    code="activation_locked",
    zh="激活码输错次数太多，请 {retry_after} 秒后再试，或换一种方式核验",
    en="Too many wrong activation codes. Try again in {retry_after} seconds, or choose another way",
    faq="3.3",
):
    """Five wrong codes of an account within a day."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class AppliesLater(
    DomainError,
    code="applies_later",
    zh="密码刚重设过，而您另一台设备上有手机盾。为防他人冒用，请 {retry_after} 秒后再申请；"
    "那台手机已遗失的，请先由企业法人挂失、冻结或作废那个手机盾",
    en="The password was set anew, and you have a shield on another device. So that nobody else applies in your name, "
    "apply in {retry_after} seconds; if that phone is lost, have your legal person report, freeze or revoke it first",
    faq="3.2",
):
    """A forgotten password was set anew less than the wait ago, beside a shield that nobody else has stopped."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)


class ActsLater(
    DomainError,
    code="acts_later",
    zh="这个账号的密码刚用短信重设过。为防他人冒用，请 {retry_after} 秒后再办这件事；挂失、冻结不用等",
    en="The password of this account was set anew by SMS. So that nobody else acts in its owner's name, do this in "
    "{retry_after} seconds; reporting a loss and freezing don't wait",
    faq="3.2",
):
    """What gives power comes less than the wait after a forgotten password was set anew; it is over at `until` (ms)."""

    def __init__(self, *, retry_after: int, until: int | None = None) -> None:
        super().__init__(retry_after=retry_after, **({} if until is None else {"until": until}))


class NoLegalPerson(
    DomainError,
    code="no_legal_person",
    zh="贵企业的法人还没有开通，暂时没有人能确认。请用激活码，或联系客服",
    en="Your legal person has no proven account yet, so nobody could confirm. Use an activation code, or call us",
    faq="3.3",
):
    """Nobody could answer the request."""


class ConsentNotYours(
    DomainError,
    code="consent_not_yours",
    zh="这个手机盾不能为该账号同意：要用本人在同一企业、同一用户类型的手机盾，而且备案没有变更",
    en="This shield can't consent for that account: it must be the same person's, of the same enterprise and user type,"
    " with its filing unchanged",
    faq="3.3",
):
    """Another person's shield, of another filing record, changed or held; or that of an account that isn't proven."""


class RealNameDiffers(
    DomainError,
    code="real_name_differs",
    zh="运营商登记的不是您的姓名和证件号码，不能这样核验。请换一种方式",
    en="The carrier has this number under another name or id number. Choose another way",
    faq="3.3",
):
    """The phone number is somebody else's."""


class RealNameUnknown(
    DomainError,
    code="real_name_unknown",
    zh="运营商没有这个手机号的实名记录，不能这样核验。请换一种方式",
    en="The carrier has no record of whose this number is. Choose another way",
    faq="3.3",
):
    """Such as a number of a company, or of a carrier that isn't asked."""


class RealNameUnavailable(
    DomainError,
    code="real_name_unavailable",
    zh="运营商核验暂时不能用，没有核验。请稍后再试，或换一种方式",
    en="The carrier's check can't be asked now, and nothing was verified. Try again later, or choose another way",
    faq="3.3",
):
    """It doesn't answer, or what it answers isn't good."""


class NothingToAsk(
    DomainError,
    code="nothing_to_ask",
    zh="这个手机盾现在没有法人要办的这件事，没有提出",
    en="There is nothing of that kind for the legal person to do about this shield. Nothing was asked",
    faq="3.7",
):
    """It is reported lost already, isn't held by what a legal person lifts, or can't be renewed."""


class AskNotDone(
    DomainError,
    code="ask_not_done",
    zh="还没有办理，不能答复“已办理”。请先在手机盾列表中作废或解除停用",
    en="It isn't done yet. Revoke the shield, or lift the hold, in the list of shields first",
    faq="3.7",
):
    """The shield stands as before."""
