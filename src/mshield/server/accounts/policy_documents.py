"""Documents that users agree to: the shipped ones, or the operator's own, filled in with values from the settings."""

from importlib.resources import files
from typing import Final

from mshield.server.accounts.rules.policies import DOCUMENTS, LANGUAGES, Language, Policies, read_document
from mshield.server.settings.settings import Settings
from mshield.server.settings.sources import BadSettings, Fault

_NOBODY: Final[dict[Language, str]] = {"zh": "本服务的运营单位", "en": "whoever runs this service"}

_ASK: Final[dict[Language, str]] = {
    "zh": "请联系贵企业法人或运营单位。",
    "en": "Ask your legal representative or whoever runs this service.",
}


def read_policies(settings: Settings) -> Policies:
    """Reads the documents in force. Raises: BadSettings (a document can't be read)."""
    own = settings.site.policies_folder
    folder = files("mshield.server.accounts.rules") / "shipped" if own is None else own
    values = {language: _values(settings, language) for language in LANGUAGES}
    documents = {}
    for policy in DOCUMENTS:
        try:
            texts = {
                language: (folder / f"{policy.value}.{language}.md").read_text("utf-8")
                for language in LANGUAGES
            }
            documents[policy] = read_document(policy, texts, values)
        except (OSError, ValueError) as error:
            fault = Fault(f"MSHIELD_POLICIES_FOLDER={own}", f"读不出文件：{error}", f"can't be read: {error}")
            raise BadSettings([fault]) from error
    return Policies(documents)


def _values(settings: Settings, language: Language) -> dict[str, str]:
    return {
        "operator": settings.site.operator_name or _NOBODY[language],
        "contact": "\n".join(f"- {line}" for line in _contact(settings, language)),
        "content_days": str(settings.retention.content_days),
        "unanswered_days": str(settings.retention.unanswered_days),
        "request_days": str(settings.retention.request_days),
        "notice_days": str(settings.retention.notice_days),
        "signature_years": str(settings.retention.signature_years),
        "closing_days": str(settings.accounts.closing_days),
    }


def _contact(settings: Settings, language: Language) -> list[str]:
    chinese = language == "zh"
    hours = (
        settings.site.service_hours_zh
        if chinese
        else settings.site.service_hours_en or settings.site.service_hours_zh
    )
    complaint = settings.site.complaint_phone or settings.site.service_phone
    lines = (
        ("运营单位" if chinese else "Operator", settings.site.operator_name),
        ("客服电话" if chinese else "Customer service", settings.site.service_phone),
        ("服务时间" if chinese else "Hours", hours),
        ("在线客服" if chinese else "Online", settings.site.service_chat),
        ("投诉电话" if chinese else "Complaints", complaint),
        ("投诉网址" if chinese else "Complaints online", settings.site.complaint_url),
        ("备案号" if chinese else "ICP filing number", settings.site.icp_number),
    )
    colon = "：" if chinese else ": "
    filled = [f"{name}{colon}{value}" for name, value in lines if value]
    return filled or [_ASK[language]]
