"""Errors of the filing of legal persons and operators: look-ups, and imports by staff."""

from mshield.server.errors import DomainError, Json


class NoFiling(
    DomainError,
    code="no_filing",
    zh="没有找到符合条件的法人或操作员。请法人在三证合一系统核对备案",
    en="No matching legal representative or operator is on file. Ask your legal representative to check "
    "the filing",
    faq="3.3",
):
    """No filing record matches name, id number, user type and credit code (R4).

    The answer doesn't say which differs.
    """


class FilingChanged(
    DomainError,
    code="filing_changed",
    zh="备案信息有变化，请先更新证书",
    en="Your filing has changed. Renew the certificate first",
    faq="3.10",
):
    """The filing record of the certificate has a newer version (R22)."""


class NotLegalPerson(
    DomainError,
    code="not_legal_person",
    zh="您没有备案为任何企业的法人，不能登录。请核对备案",
    en="You are not on file as the legal representative of any enterprise, so you can't log in here. "
    "Check the filing",
    faq="3.3",
):
    """The person is no legal person on file. Returned only to the proven owner of the account."""


class FilingUnavailable(
    DomainError,
    code="filing_unavailable",
    zh="备案系统暂时无法查询，什么都没有提交。请稍后再试",
    en="The filing system can't be reached. Nothing was submitted. Try again later",
    faq="3.1",
):
    """The outside filing system is unreachable or returned an invalid answer."""


class FilingFileRefused(
    DomainError,
    code="filing_file_refused",
    zh="名单文件无法导入，请检查后再试",
    en="The list can't be imported. Check the file and try again",
):
    """The file is not a filing list at all; `extra` has the `reason`, and the sentences state it."""

    def __init__(self, *, reason: str | None = None, zh: str | None = None, en: str | None = None) -> None:
        self._zh, self._en = zh, en
        super().__init__(**({} if reason is None else {"reason": reason}))

    @property
    def zh(self) -> str:
        """The Chinese sentence, with the reason if known."""
        return self._zh or super().zh

    @property
    def en(self) -> str:
        """The English sentence, with the reason if known."""
        return self._en or super().en


class FilingLinesBad(
    DomainError,
    code="filing_lines_bad",
    zh="名单有 {lines} 行需要更正，没有导入任何内容",
    en="{lines:line|lines} of the list must be corrected. Nothing was imported",
):
    """At least one line has a finding; `extra` has the `report` and the number of bad `lines`."""

    def __init__(self, *, lines: int, report: Json = None) -> None:
        super().__init__(lines=lines, report=report)


class FilingTooLong(
    DomainError,
    code="filing_too_long",
    zh="名单没有在时限内处理完，请先重新检查这份文件，再把其中还没有导入的行分成几份，分别导入",
    en="The list took too long. Check the file again, split the lines that aren't imported yet into "
    "parts, and import each",
):
    """An import or dry run timed out. Usually nothing was imported; another dry run shows the remaining lines."""
