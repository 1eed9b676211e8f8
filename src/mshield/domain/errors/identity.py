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
