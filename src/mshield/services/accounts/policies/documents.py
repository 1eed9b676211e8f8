"""The documents that people agree to: the shipped ones, or the operator's own, with the settings' values in them."""

from importlib.resources import files
from typing import Final

from mshield.domain.people.policies import (
    DOCUMENTS,
    LANGUAGES,
    Language,
    Policies,
    read_document,
)
from mshield.setting_sources import BadSettings, Fault
from mshield.settings import Settings

_NOBODY: Final[dict[Language, str]] = {"zh": "本服务的运营单位", "en": "whoever runs this service"}

_ASK: Final[dict[Language, str]] = {
    "zh": "请联系贵企业法人或运营单位。",
    "en": "Ask your legal person or whoever runs this service.",
}


def read_policies(settings: Settings) -> Policies:
    """The documents in force. Raises BadSettings for those that can't be read."""
    own = settings.policies_folder
    folder = files("mshield.domain.people") / "shipped" if own is None else own
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
        "operator": settings.operator_name or _NOBODY[language],
        "contact": "\n".join(f"- {line}" for line in _contact(settings, language)),
        "content_days": str(settings.keep_content_days),
        "unanswered_days": str(settings.keep_unanswered_days),
        "request_days": str(settings.keep_request_days),
        "notice_days": str(settings.keep_notice_days),
        "signature_years": str(settings.keep_signature_years),
        "closing_days": str(settings.closing_days),
    }


def _contact(settings: Settings, language: Language) -> list[str]:
    chinese = language == "zh"
    hours = settings.service_hours_zh if chinese else settings.service_hours_en or settings.service_hours_zh
    complaint = settings.complaint_phone or settings.service_phone
    lines = (
        ("运营单位" if chinese else "Operator", settings.operator_name),
        ("客服电话" if chinese else "Customer service", settings.service_phone),
        ("服务时间" if chinese else "Hours", hours),
        ("在线客服" if chinese else "Online", settings.service_chat),
        ("投诉电话" if chinese else "Complaints", complaint),
        ("投诉网址" if chinese else "Complaints online", settings.complaint_url),
        ("备案号" if chinese else "ICP filing number", settings.icp_number),
    )
    colon = "：" if chinese else ": "
    said = [f"{name}{colon}{value}" for name, value in lines if value]
    return said or [_ASK[language]]
