"""Documents that people consent to before any personal data are collected: privacy policy (隐私政策), user agreement.

Users consent to a version. Consent to the use of the id number is separate (个人信息保护法 art. 29) and refers to
the privacy policy of that version. A document is a file: lines `version: DATE` and `changes: TEXT`, an empty
line, then `# title`, `## heading`, `- item` and paragraphs.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec

from mshield.server.accounts.errors import ConsentNeeded
from mshield.wire.messages import AnswerMessage


class Policy(StrEnum):
    """Subject of a consent; people agree to each separately."""

    PRIVACY = "privacy"
    AGREEMENT = "agreement"
    SENSITIVE = "sensitive"


DOCUMENTS: Final = (Policy.PRIVACY, Policy.AGREEMENT)
"""Policies that are documents of their own; the consent to sensitive data uses the privacy policy's version."""

MAX_VERSION: Final = 32
PolicyName = Literal["privacy", "agreement", "sensitive"]
Place = Literal["app", "register_page", "portal"]
"""Where a consent was given."""
_VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,31}")
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")
Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


class PastConsentMessage(AnswerMessage, frozen=True):
    """A consent; times in ms."""

    policy: PolicyName
    version: str
    place: Place
    agreed_at: int
    withdrawn_at: int | None


class PolicyTextMessage(AnswerMessage, frozen=True):
    """A policy in one language; `body` consists of lines `## heading`, `- item` and paragraphs."""

    title: str
    changes: Annotated[
        str, msgspec.Meta(description="changes since the previous version; empty for the first")
    ]
    body: str


@dataclass(frozen=True, slots=True)
class Document:
    """Document in both languages."""

    policy: Policy
    version: str
    zh: PolicyTextMessage
    en: PolicyTextMessage

    @property
    def digest(self) -> bytes:
        """SHA-256 (32 bytes) of version, titles and bodies in both languages."""
        parts = (self.version, self.zh.title, self.zh.body, self.en.title, self.en.body)
        return hashlib.sha256("\0".join(parts).encode()).digest()


@dataclass(frozen=True, slots=True)
class Policies:
    """The documents in force."""

    documents: Mapping[Policy, Document]

    @property
    def versions(self) -> dict[str, str]:
        """The current version for each consent."""
        return {policy.value: self.document_of(policy).version for policy in Policy}

    def document_of(self, policy: Policy) -> Document:
        """Returns the document that a consent is about."""
        return self.documents[Policy.PRIVACY if policy is Policy.SENSITIVE else policy]

    def require(self, consents: Mapping[str, str] | None) -> None:
        """Raises ConsentNeeded unless every policy was agreed to in its current version."""
        current = self.versions
        if missing := [name for name in current if (consents or {}).get(name) != current[name]]:
            raise ConsentNeeded(missing=missing)


def read_document(
    policy: Policy, texts: Mapping[Language, str], values: Mapping[Language, Mapping[str, str]]
) -> Document:
    """Builds a document from its files' texts by language.

    `{name}` in a text is replaced by `values[name]` of its language. Raises: ValueError (no version or title,
    unknown name, or the languages' versions differ).
    """
    versions: dict[str, str] = {}
    read: dict[str, PolicyTextMessage] = {}
    for language in LANGUAGES:
        head, _, body = texts[language].replace("\r\n", "\n").partition("\n\n")
        fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
        title, _, rest = body.strip().partition("\n")
        if not _VERSION.fullmatch(fields.get("version", "")) or not title.startswith("# "):
            raise ValueError(
                f"{policy.value}.{language}: begin with `version: …`, an empty line and `# title`"
            )
        versions[language] = fields["version"]
        read[language] = PolicyTextMessage(
            title[2:].strip(),
            _fill_places(fields.get("changes", ""), values[language]),
            _fill_places(rest.strip(), values[language]),
        )
    if versions["zh"] != versions["en"]:
        raise ValueError(f"{policy.value}: the languages' versions differ")
    return Document(policy, versions["zh"], read["zh"], read["en"])


def _fill_places(text: str, values: Mapping[str, str]) -> str:
    unknown = sorted(set(_PLACE.findall(text)) - set(values))
    if unknown:
        raise ValueError(f"no such value: {', '.join(unknown)}")
    return _PLACE.sub(lambda match: values[match[1]], text)
