"""Settings: each is an environment variable `MSHIELD_NAME`, or `name` in a file; `mshield doctor` prints them.

Lengths of time are seconds here and milliseconds inside. Defaults are the manual's rules or this project's numbers.
"""

import os
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from mshield.gm.mask import PIN_FORM
from mshield.people_settings import PeopleSettings
from mshield.pki.asn1 import arcs
from mshield.setting_forms import (
    AccountSourceList,
    DatabaseUrl,
    Names,
    Networks,
    NotNegative,
    OidArc,
    OutsideUrl,
    Port,
    Positive,
    PublicOrigin,
    Schemes,
    ZoneName,
)
from mshield.setting_sources import PREFIX, BadSettings, Environment, Fault, read_file, unknown_variables

OPERATOR_WAYS: Final = (
    "filed_phone", "legal_person", "filing_code", "own_shield", "outside", "real_name",
)  # fmt: skip
LEGAL_PERSON_WAYS: Final = ("filed_phone", "filing_code", "own_shield", "outside")
"""A carrier's check alone never makes a legal person, nor does one make another."""
PIN_RULES: Final = ("same", "run", "repeated", "birthday", "id_number", "blocked")
PIN_BLOCK_LIST: Final = (
    "520131", "131452", "147258", "258147", "147852", "159357", "159753", "357159", "258369", "369258", "741852",
    "963852", "789456", "456123", "123321", "321123", "654123", "123654", "112358", "100200", "010203", "246810",
    "666888", "888666", "521314", "201314", "123987", "987123", "123789",
)  # fmt: skip


class Settings(PeopleSettings):
    """What an operator may set. A name that is no setting stops the start, as a wrong value does."""

    model_config = SettingsConfigDict(env_prefix="MSHIELD_", frozen=True)

    mode: Literal["production", "demo"] = Field(
        default="production", description="demo opens /demo/, /dev/ and the SMS outbox"
    )
    demo_systems: dict[Literal["single_window", "palm_customs"], OutsideUrl] = Field(
        default={},
        description="addresses of the demonstration's business systems, as JSON, for its page /demo/",
    )
    access_log: bool = Field(
        default=False, description="a line for each request; a reverse proxy usually has one"
    )
    log_form: Literal["text", "json"] = Field(
        default="text",
        description="form of the lines on standard error: json is an object a line, see operations.md",
    )
    security_log: Path | None = Field(
        default=None,
        description="file that the security log is added to, also by commands that find something; none: the "
        "service's goes to standard error, see operations.md",
    )
    metrics_port: Port | None = Field(
        default=None,
        description="port of /metrics for Prometheus, of each further process on this host the next free one; none: "
        "there are no metrics",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        description="address of that port; it answers anybody, so it must not be a public one",
    )
    otlp_endpoint: OutsideUrl | None = Field(
        default=None,
        description="where spans of calls go by OTLP, as https://collector.example.cn/v1/traces; needs the extra otel; "
        "none: nowhere",
    )
    otlp_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="share of the traces that begin here whose spans are sent; of others callers say so",
    )
    database: DatabaseUrl = Field(
        default="sqlite:///var/mshield.db",
        description="sqlite:///PATH or postgresql://USER@HOST/NAME; several hosts: see operations.md",
    )
    database_pool: Positive = Field(default=8, description="connections per process to PostgreSQL")
    database_direct: str | None = Field(
        default=None,
        description="PostgreSQL's address past a pooler, for news between processes; none: as `database`",
    )
    public_origin: PublicOrigin = Field(
        default="http://localhost:8000",
        description="how phones, PCs and certificates address this service; https, but for demo mode and `loopback`",
    )
    loopback: bool = Field(
        default=False,
        description="production mode on this machine alone: the public origin may be http://localhost",
    )
    engine: Literal["auto", "botan", "openssl"] = Field(
        default="auto", description="who computes SM2; auto takes Botan when it is there"
    )
    master_key_file: Path = Field(
        default=Path("var/master.key"), description="file of master keys, mode 0600"
    )
    master_key: SecretStr | None = Field(
        default=None, description="the master keys themselves, in place of the file"
    )

    jobs: Literal["in_process", "off"] = Field(
        default="in_process",
        description="whether `mshield serve` also runs the jobs; off where `mshield jobs run` does",
    )

    read_only: bool = Field(
        default=False,
        description="maintenance: calls that write are refused (503 `read_only`), reading goes on, no job runs; "
        "commands write nothing either",
    )

    high_water_folder: Path = Field(
        default=Path("var/high-water"),
        description="files that tell a restored database; keep it where a restore of the database doesn't reach",
    )

    certificate_days: Positive = Field(default=365 * 2, description="life of a leaf certificate")
    renewal_key: Literal["new", "same"] = Field(
        default="new", description="a renewal makes a new key pair, or certifies the same one again"
    )
    renewal_confirm_days: Positive = Field(
        default=7, description="how long a renewed certificate waits for its confirmation"
    )
    time_zone: ZoneName = Field(
        default="Asia/Shanghai",
        description="whose calendar counts the half year before a certificate's end; pages at a desk and exported "
        "lists tell times in it",
    )
    identity_ways_operator: Names = Field(
        default=OPERATOR_WAYS,
        description="what proves that an account is the filed operator's, joined by commas; see identity.md",
    )
    identity_ways_legal_person: Names = Field(
        default=LEGAL_PERSON_WAYS,
        description="what proves that an account is the filed legal person's, joined by commas",
    )
    identity_wait_hours: NotNegative = Field(
        default=24,
        description="how long after their other accounts were told a person's second account begins to count, and how "
        "long after a password was set anew by SMS what gives power waits",
    )
    phone_change_wait_hours: Positive = Field(
        default=24,
        description="how long another phone number waits that two people approved without a code from the old one",
    )
    pin_rules: Names = Field(
        default=PIN_RULES, description="which PINs phones refuse, joined by commas; empty refuses none"
    )
    pin_block_list: Names = Field(
        default=PIN_BLOCK_LIST, description="PINs that the rule `blocked` refuses, joined by commas"
    )
    certificate_id_number: Literal["hash", "clear", "none"] = Field(
        default="hash", description="the id number in the certificate"
    )
    oid_arc: OidArc = Field(
        default=arcs.DEFAULT_ARC,
        description="your own arc of object identifiers, each number below 2^31: .1 is what a signature says of the "
        "display, .2 the certificate policy, .3 that of time stamps; see formats.md",
    )
    certificate_policy: str | None = Field(
        default=None,
        description="certificate policy OID, where it isn't the arc's .2; put your own policy's here",
    )
    crl_hours: Positive = Field(default=24, description="life of a published CRL")
    crl_shard_certificates: Positive = Field(
        default=10_000,
        description="so many certificates share one revocation list; those after them name the next shard's; see "
        "publication.md",
    )
    root_crl_hours: Positive = Field(default=24 * 30, description="life of the root's published CRL")
    p256_status: bool = Field(
        default=False,
        description="also publish lists and OCSP answers signed on P-256, for clients that know no SM2",
    )
    ocsp_hours: Positive = Field(default=12, description="life of an OCSP answer")

    filing_source_url: OutsideUrl | None = Field(
        default=None, description="https address of an outside filing system; none: records are imported"
    )
    filing_source_secret: SecretStr | None = Field(
        default=None, description="the secret that the outside filing system knows this service by"
    )
    filing_source_hours: Positive = Field(
        default=24, description="after which the filing system is asked again about a shield's holder"
    )
    filing_source_seconds: Positive = Field(default=5, description="how long the filing system may take")

    real_name_url: OutsideUrl | None = Field(
        default=None,
        description="https address of a real-name check of phone numbers; none: there is no such way",
    )
    real_name_secret: SecretStr | None = Field(
        default=None, description="the secret that the real-name check knows this service by"
    )
    real_name_seconds: Positive = Field(default=5, description="how long the real-name check may take")

    account_sources: AccountSourceList = Field(
        default=(), description="systems whose accounts log in here, as JSON; see accounts.md"
    )
    outside_login_seconds: Positive = Field(
        default=600, description="time for the login at an outside system's page"
    )
    outside_logins_per_address: Positive = Field(
        default=60, description="ways to and from outside login pages a minute from one address"
    )

    oidc_key_days: Positive = Field(
        default=90, description="after which the key that signs ID tokens is replaced by the next"
    )

    oidc_subjects: Literal["public", "pairwise"] = Field(
        default="public",
        description="who a person is in `sub`: the same to all business systems, or another to each; "
        "a change makes everybody new to them",
    )
    oidc_endpoint_audiences: bool = Field(
        default=False,
        description="whether a client's assertion may also name the token or PAR address as its audience",
    )

    session_seconds: Positive = Field(default=12 * 3600, description="life of a phone's login")
    portal_session_seconds: Positive = Field(
        default=8 * 3600, description="life of a legal person's login at the portal"
    )
    portal_idle_seconds: Positive = Field(
        default=15 * 60, description="without use, a login at the portal ends after this"
    )
    console_session_seconds: Positive = Field(
        default=8 * 3600, description="life of a member of staff's login at the console"
    )
    console_idle_seconds: Positive = Field(
        default=15 * 60, description="without use, a login at the console ends after this"
    )
    console_login_seconds: Positive = Field(
        default=300, description="time for the second half of a login at the console"
    )
    console_set_up_seconds: Positive = Field(
        default=24 * 3600, description="life of an address where a member of staff sets up their login"
    )
    request_seconds: Positive = Field(
        default=120, description="life of a business system's request that names none of its own"
    )
    requests_per_address: Positive = Field(
        default=30,
        description="logins, and as many signatures without a shield number, that may begin per business system, "
        "PC address and minute",
    )
    requests_per_system: Positive = Field(
        default=1200,
        description="the same per business system and minute, where the PC's address isn't told",
    )
    requests_per_shield: Positive = Field(
        default=20, description="requests per minute that a business system may put into one shield's inbox"
    )
    waiting_per_request: Positive = Field(
        default=8,
        description="streams and long polls that may wait for one request at a time: of its pages, and of its system",
    )
    waiting_per_process: Positive = Field(
        default=10_000,
        description="calls that may wait for requests in one process; a tenth is for business systems alone",
    )
    calls_per_process: Positive = Field(
        default=32, description="calls carried out at once in one process; more are told to come again (503)"
    )
    webhook_networks: Networks = Field(
        default=(),
        description="networks where webhooks may go beside public addresses, such as 10.1.0.0/16, by commas",
    )
    return_schemes: Schemes = Field(
        default=(),
        description="apps' own schemes that return addresses may have beside https, joined by commas; "
        "see app-to-app.md",
    )
    webhook_http: bool = Field(default=False, description="whether a webhook may go to http:// too")
    signing_session_seconds: Positive = Field(default=600, description="life of an opened signing session")
    opens_per_minute: Positive = Field(
        default=10, description="openings of signing sessions per key and minute"
    )
    refresh_signatures: Positive = Field(
        default=200, description="signatures after which phone and server renew their shares, silently"
    )
    dpop_seconds: Positive = Field(default=60, description="how far a DPoP proof's time may be off")

    sms_gateway: Literal["development", "aliyun", "tencent"] = Field(
        default="development",
        description="who sends SMS; development keeps them in memory, sends none, and starts in demo mode only",
    )
    sms_key_id: str | None = Field(
        default=None, description="access key id (Tencent: SecretId) of the provider"
    )
    sms_key_secret: SecretStr | None = Field(
        default=None, description="access key secret (Tencent: SecretKey) of the provider"
    )
    sms_sign_name: str | None = Field(
        default=None, description="signature (短信签名) approved by the provider"
    )
    sms_app_id: str | None = Field(default=None, description="Tencent's SmsSdkAppId")
    sms_region: str | None = Field(
        default=None, description="region of the provider's API, such as cn-hangzhou or ap-guangzhou"
    )
    sms_endpoint: str | None = Field(
        default=None, description="https://HOST of the provider's API in place of its usual one"
    )
    sms_templates: dict[str, str] = Field(
        default={},
        description='template ids as JSON: {"code": "SMS_1", "lost": "SMS_2"}; see notifications.md',
    )
    sms_language: Literal["zh", "en"] = Field(default="zh", description="language of notices by SMS")

    @classmethod
    def settings_customise_sources(  # pydantic-settings' name
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is said here first, then by the environment, then in the file. Raises BadSettings."""
        del env_settings, dotenv_settings, file_secret_settings
        in_file = InitSettingsSource(settings_cls, read_file(cls.model_fields))
        return init_settings, Environment(settings_cls), in_file

    @property
    def policy_oid(self) -> str:
        """The policy of certificates."""
        return self.certificate_policy or arcs.certificate_policy(self.oid_arc)

    @property
    def display_oid(self) -> str:
        """The signed attribute of the display."""
        return arcs.display_oid(self.oid_arc)

    @field_validator("identity_ways_operator", "identity_ways_legal_person")
    @classmethod
    def _known_ways(cls, ways: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = OPERATOR_WAYS if info.field_name == "identity_ways_operator" else LEGAL_PERSON_WAYS
        if unknown := set(ways) - set(known):
            raise ValueError(f"proves nothing for this role: {', '.join(sorted(unknown))}")
        return ways

    @field_validator("pin_rules")
    @classmethod
    def _known_rules(cls, rules: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := set(rules) - set(PIN_RULES):
            raise ValueError(f"no such rule: {', '.join(sorted(unknown))}")
        return rules

    @field_validator("pin_block_list")
    @classmethod
    def _six_digits(cls, pins: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(PIN_FORM.fullmatch, pins)):
            raise ValueError("each is six digits")
        return pins


@lru_cache(maxsize=1)
def load_settings() -> Settings:
    """The settings of this process, read from environment and file once. Raises BadSettings."""
    unknown = unknown_variables(Settings.model_fields, os.environ)
    if unknown:
        raise BadSettings(unknown)
    try:
        return Settings()
    except ValidationError as error:
        # The cause would show the values, the master key among them.
        raise BadSettings(map(_fault, error.errors())) from None


def _fault(error: ErrorDetails) -> Fault:
    name = f"{PREFIX}{str(error['loc'][0]).upper()}"
    return Fault(name, error["msg"], error["msg"])
