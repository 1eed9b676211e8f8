"""Errors of applying for, renewing, binding and using a certificate."""

from mshield.server.errors import DomainError


class AlreadyCertified(
    DomainError,
    code="already_certified",
    zh="本机已有证书。再次申请会失败，现有证书也会停用",
    en="This phone already has a certificate. Applying again would fail and put the current one on hold",
    faq="3.6",
):
    """The device already has a certificate; a warning before the application (R6)."""


class DuplicateApplication(
    DomainError,
    code="duplicate_application",
    zh="重复申请没有成功，本机原有的证书已停用。请法人作废后重新申请",
    en="Applying again failed, and this phone's certificate is now on hold. Ask your legal "
    "representative to revoke it, then apply again",
    faq="3.6",
):
    """An application was made although the previous certificate is not revoked (R6)."""


class DeviceLimit(
    DomainError,
    code="device_limit",
    zh="您已在 {limit} 台设备上申请证书，不能再多。请法人先作废一个",
    en="You have certificates on {limit:device|devices}, which is the limit. Ask your legal "
    "representative to revoke one first",
    faq="3.6",
):
    """The operator has certificates on `limit` devices already, the maximum (R5)."""

    def __init__(self, *, limit: int = 6) -> None:
        super().__init__(limit=limit)


class OtherAccount(
    DomainError,
    code="other_account",
    zh="本机的手机盾属于 {phone_masked}，只能用这个账号登录",
    en="This phone's shield belongs to {phone_masked}. Log in with that account",
    faq="3.6",
):
    """Another account applied on this device, and only that account may log in here (R7)."""

    def __init__(self, *, phone_masked: str | None = None) -> None:
        super().__init__(**({} if phone_masked is None else {"phone_masked": phone_masked}))

    @property
    def zh(self) -> str:
        """The Chinese sentence; a general one if the owner's number isn't available."""
        return super().zh if self.extra else "本机的手机盾属于另一个账号，只能用那个账号登录"

    @property
    def en(self) -> str:
        """The English sentence; a general one if the owner's number isn't available."""
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
    """The device has no certificate for this operation."""


class PasswordNeeded(
    DomainError,
    code="password_needed",
    zh="请用账号、密码和图形验证码登录。本机的手机盾已作废、挂失、锁死或疑似复制，或还没有申请过",
    en="Log in with account, password and captcha. This phone has no shield, or it was revoked, reported"
    " lost, locked, or is on hold as a possible copy",
    faq="3.6",
):
    """The person who holds this phone may not be its owner, so the device key and an SMS code aren't sufficient."""


class ShieldEnded(
    DomainError,
    code="shield_ended",
    zh="这个手机盾已作废，没有执行。作废不能撤销，要再用请持有人重新申请",
    en="This shield is revoked, so nothing was done. Revocation can't be undone: its holder has to apply"
    " again",
    faq="3.1",
):
    """The act needs an unrevoked certificate, but the shield's last one is revoked."""


class CertificateExpired(
    DomainError,
    code="certificate_expired",
    zh="证书已过期，不能签名，也不能更新。请法人作废后重新申请",
    en="The certificate has expired and can neither sign nor be renewed. Ask your legal representative to revoke it, "
    "then apply again",
    faq="3.10",
):
    """The certificate is past `not_after` (R11)."""


class RenewalNotDue(
    DomainError,
    code="renewal_not_due",
    zh="证书还不需要更新。有效期不足半年，或备案信息有变化时再更新",
    en="The certificate needs no renewal yet. Renew it in its last six months, or when your filing has "
    "changed",
    faq="3.10",
):
    """Half a year or more is left and the filing is unchanged (R11).

    `extra` may contain the time from which renewal is possible, in ms.
    """


class RenewalUnfinished(
    DomainError,
    code="renewal_unfinished",
    zh="证书更新还没有完成，请先继续或放弃更新",
    en="A renewal is unfinished. Continue or cancel it first",
    faq="3.10",
):
    """A renewal is in progress; changing the old key's PIN now would leave the phone with two PINs (R9, R11)."""


class OtherApplicant(
    DomainError,
    code="other_applicant",
    zh="填写的信息与首次申请时不是同一人，没有更新。请按首次申请时填写",
    en="This is not the person or enterprise of the first application, so the certificate was not "
    "renewed. Enter the same data",
    faq="3.3",
):
    """The applicant is on file, but not the person, role and enterprise of the current certificate (R11)."""


class NotBound(
    DomainError,
    code="not_bound",
    zh="证书还没有绑定账户，不能从其他应用跳转签名。请先绑定证书",
    en="The certificate is not bound to the account, so other apps can't request its signature. Bind it "
    "first",
    faq="3.10",
):
    """An app-to-app request came before the certificate was bound (R8)."""


class CaUnavailable(
    DomainError,
    code="ca_unavailable",
    zh="证书签发机构现在不接受申请，数据没有丢失，请稍后再试",
    en="The certificate authority accepts no applications at the moment. Nothing was lost. Try again later",
    faq="3.1",
):
    """The outside CA that would issue the certificate is disabled, or no longer configured."""


class CaRefused(
    DomainError,
    code="ca_refused",
    zh="证书签发机构没有签发：{words}。请按说明处理后重新申请",
    en="The certificate authority did not issue the certificate: {words}. Resolve this and apply again",
    faq="3.6",
):
    """The outside CA refused; `words` are its own, a hyphen if it gave none."""

    def __init__(self, *, words: str = "") -> None:
        super().__init__(words=words or "-")


class CaBadCertificate(
    DomainError,
    code="ca_bad_certificate",
    zh="签发机构返回的证书有误，没有采用，已通知运维。请稍后重新申请",
    en="The authority returned a certificate with an error, which was rejected, and the operators were notified. Apply "
    "again later",
    faq="3.6",
):
    """The outside CA's certificate failed a check and was rejected at the CA."""


class CaTimeout(
    DomainError,
    code="ca_timeout",
    zh="证书签发机构一直没有答复，这次申请已结束。请重新申请",
    en="The certificate authority never answered, so this application has ended. Apply again",
    faq="3.6",
):
    """The outside CA left the request undecided for the configured days."""
