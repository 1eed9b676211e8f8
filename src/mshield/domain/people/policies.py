"""What people agree to before their first datum is taken: privacy policy (隐私政策) and user agreement (用户协议).

A consent is to a version. That of the id number stands apart (个人信息保护法 art. 29), and is to what the privacy
policy of that version says of it. A document is a file: lines `version: DATE` and `changes: TEXT`, an empty line, then
`# title`, `## heading`, `- item` and paragraphs.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from mshield.domain import errors


class Policy(StrEnum):
    """What is agreed to, each by itself."""

    PRIVACY = "privacy"
    AGREEMENT = "agreement"
    SENSITIVE = "sensitive"


DOCUMENTS: Final = (Policy.PRIVACY, Policy.AGREEMENT)
"""Those that are documents; the consent to sensitive data is to the privacy policy's version."""

MAX_VERSION: Final = 32
_VERSION: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,31}")
_PLACE: Final = re.compile(r"\{([a-z_]+)\}")
Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """A document in one language; `changes` is what is new since the version before, empty at first."""

    title: str
    changes: str
    body: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document in both languages; `digest` is SHA-256 of what people read, 32 bytes."""

    policy: Policy
    version: str
    zh: Text
    en: Text

    @property
    def digest(self) -> bytes:
        """SHA-256 of version, titles and bodies in both languages."""
        parts = (self.version, self.zh.title, self.zh.body, self.en.title, self.en.body)
        return hashlib.sha256("\0".join(parts).encode()).digest()


@dataclass(frozen=True, slots=True)
class Policies:
    """The documents in force."""

    documents: Mapping[Policy, Document]

    @property
    def versions(self) -> dict[str, str]:
        """The version that each consent must be to."""
        return {policy.value: self.document_of(policy).version for policy in Policy}

    def document_of(self, policy: Policy) -> Document:
        """The document that a consent is about."""
        return self.documents[Policy.PRIVACY if policy is Policy.SENSITIVE else policy]

    def require(self, consents: Mapping[str, str] | None) -> None:
        """Raises ConsentNeeded unless everything was agreed to as it is now."""
        current = self.versions
        if missing := [name for name in current if (consents or {}).get(name) != current[name]]:
            raise errors.ConsentNeeded(missing=missing)


def read_document(
    policy: Policy, texts: Mapping[Language, str], values: Mapping[Language, Mapping[str, str]]
) -> Document:
    """The document of the files' texts by language; `{name}` in them is its language's `values[name]`.

    Raises ValueError for a text without version or title, for an unknown name, and where the languages' versions
    differ.
    """
    versions: dict[str, str] = {}
    read: dict[str, Text] = {}
    for language in LANGUAGES:
        head, _, body = texts[language].replace("\r\n", "\n").partition("\n\n")
        fields = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
        title, _, rest = body.strip().partition("\n")
        if not _VERSION.fullmatch(fields.get("version", "")) or not title.startswith("# "):
            raise ValueError(
                f"{policy.value}.{language}: begin with `version: …`, an empty line and `# title`"
            )
        versions[language] = fields["version"]
        read[language] = Text(
            title[2:].strip(),
            _filled(fields.get("changes", ""), values[language]),
            _filled(rest.strip(), values[language]),
        )
    if versions["zh"] != versions["en"]:
        raise ValueError(f"{policy.value}: the languages' versions differ")
    return Document(policy, versions["zh"], read["zh"], read["en"])


def _filled(text: str, values: Mapping[str, str]) -> str:
    unknown = sorted(set(_PLACE.findall(text)) - set(values))
    if unknown:
        raise ValueError(f"no such value: {', '.join(unknown)}")
    return _PLACE.sub(lambda match: values[match[1]], text)
