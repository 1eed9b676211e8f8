"""What applying for, renewing, binding and using a certificate meets."""

from mshield.domain.errors.domain_error import DomainError


class AlreadyCertified(
    DomainError,
    code="already_certified",
    zh="本机已有证书。再次申请会失败，现有证书也会停用",
    en="This phone has a certificate. Applying again fails and stops the present one too",
    faq="3.6",
):
    """Said before an application on a device that has a certificate (R6)."""


class DuplicateApplication(
    DomainError,
    code="duplicate_application",
    zh="重复申请没有成功，本机原有的证书已停用。请法人作废后重新申请",
    en="Applying again failed and the phone's present certificate was stopped. Ask your legal person to revoke it, "
    "then apply again",
    faq="3.6",
):
    """An application without prior revocation (R6)."""


class DeviceLimit(
    DomainError,
    code="device_limit",
    zh="您已在 {limit} 台设备上申请证书，不能再多。请法人先作废一个",
    en="You have certificates on {limit:device|devices}, which is the most. Ask your legal person to revoke one first",
    faq="3.6",
):
    """At most `limit` devices per operator (R5)."""

    def __init__(self, *, limit: int = 6) -> None:
        super().__init__(limit=limit)


class OtherAccount(
    DomainError,
    code="other_account",
    zh="本机的手机盾属于 {phone_masked}，只能用这个账号登录",
    en="This phone's shield belongs to {phone_masked}. Log in with that account",
    faq="3.6",
):
    """After the application only the account that applied may log in here (R7)."""

    def __init__(self, *, phone_masked: str | None = None) -> None:
        super().__init__(**({} if phone_masked is None else {"phone_masked": phone_masked}))

    @property
    def zh(self) -> str:
        """The Chinese sentence, also where the owner's number is not at hand."""
        return super().zh if self.extra else "本机的手机盾属于另一个账号，只能用那个账号登录"

    @property
    def en(self) -> str:
        """The English sentence, also where the owner's number is not at hand."""
        return (
            super().en
            if self.extra
            else "This phone's shield belongs to another account. Log in with that account"
        )


class NoCertificate(
    DomainError,
    code="no_certificate",
    zh="本机还没有证书，请先申请",
    en="This phone has no certificate yet. Apply for one first",
    faq="3.9",
):
    """The device has no certificate that this could be done with."""


class PasswordNeeded(
    DomainError,
    code="password_needed",
    zh="请用账号、密码和图形验证码登录。本机的手机盾已作废、挂失、锁死或疑似复制，或还没有申请过",
    en="Log in with account, password and captcha. This phone's shield was revoked, reported lost, locked or held as a "
    "possible copy, or there never was one",
    faq="3.6",
):
    """Who holds this phone may not be its owner, so its key and an SMS code aren't enough."""


class ShieldEnded(
    DomainError,
    code="shield_ended",
    zh="这个手机盾已作废，没有执行。作废不能撤销，要再用请持有人重新申请",
    en="This shield is revoked, so nothing was done. That can't be taken back: its holder would apply anew",
    faq="3.1",
):
    """What was to be done to a shield needs a certificate that counts, and the last one has ended."""


class CertificateExpired(
    DomainError,
    code="certificate_expired",
    zh="证书已过期，不能签名，也不能更新。请法人作废后重新申请",
    en="The certificate has expired and can neither sign nor be renewed. Ask your legal person to revoke it, "
    "then apply again",
    faq="3.10",
):
    """Past `not_after` (R11)."""


class RenewalNotDue(
    DomainError,
    code="renewal_not_due",
    zh="证书还不需要更新。有效期不足半年，或备案信息有变化时再更新",
    en="The certificate needs no renewal yet. Renew it with less than half a year left, or when your filing changed",
    faq="3.10",
):
    """Half a year or more is left and the filing is as certified (R11). `extra` may say from when, in ms."""


class RenewalUnfinished(
    DomainError,
    code="renewal_unfinished",
    zh="证书更新还没有完成，请先继续或放弃更新",
    en="A renewal is unfinished: go on with it or give it up first",
    faq="3.10",
):
    """Another PIN for the old key now would leave the phone with two (R9, R11)."""


class OtherApplicant(
    DomainError,
    code="other_applicant",
    zh="填写的信息与首次申请时不是同一人，没有更新。请按首次申请时填写",
    en="This is not the person or enterprise of the first application, so nothing was renewed. Enter the same data",
    faq="3.3",
):
    """On file, but not who the certificate was issued to: same person, role and enterprise are needed (R11)."""


class NotBound(
    DomainError,
    code="not_bound",
    zh="证书还没有绑定账户，不能从其他应用跳转签名。请先绑定证书",
    en="The certificate is not bound to the account, so another app cannot have it sign. Bind it first",
    faq="3.10",
):
    """An app-to-app request before the certificate was bound (R8)."""
