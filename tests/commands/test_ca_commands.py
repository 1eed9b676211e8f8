"""`mshield ca` renews and revokes issuing CAs and makes the P-256 key, on either database, and the log tells of it."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from mshield.cli import main
from mshield.gm.engine import load_engine
from mshield.keys.authority import load_authorities
from mshield.keys.keyring import load_keyring
from mshield.keys.seals import load_sealer
from mshield.keys.secrets import load_lookup_key
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.services.certificates.issue import Issue
from mshield.settings import load_settings
from mshield.store.certificates import certificates
from mshield.store.certificates.certificates import CertificateRow
from mshield.store.database.interface import Database
from mshield.store.database.opening import open_database
from tests.support.acts import acts_on
from tests.support.issuing import Ca
from tests.support.signing import execute

pytestmark = pytest.mark.slow

T = TypeVar("T")


class Operator:
    """Runs the commands, and looks at what they did."""

    def run(self, *arguments: str, answer: str | None = None) -> Result:
        load_settings.cache_clear()
        return CliRunner().invoke(main, ["--lang", "en", *arguments], input=answer)

    def json(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refused(self, *arguments: str) -> str:
        """The code of a refusal."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 1, result.output
        return str(json.loads(result.stderr)["error"]["code"])

    def log_holds(self) -> bool:
        """Once what waits was logged."""
        self.json("jobs", "run", "--once", "--job", "log")
        found = self.json("log", "verify")
        return found["holds"] is True and found["waiting"] == 0

    def on_database(self, work: Callable[[Database], Awaitable[T]]) -> T:
        async def run() -> T:
            settings = load_settings()
            db = await open_database(settings.database, pool_size=1)
            try:
                await load_sealer(db, load_keyring(settings), now=0)
                return await work(db)
            finally:
                await db.close()

        return asyncio.run(run())

    def acts(self, subject: str) -> list[tuple[str, str]]:
        found = self.on_database(lambda db: acts_on(db, subject=subject))
        return [(each.act, each.actor) for each in found]

    def certify(self) -> str:
        """The serial of a new person's certificate, by the CA that issues now."""

        async def work(db: Database) -> Certificate:
            settings, now = load_settings(), time.time_ns() // 1_000_000
            keyring, engine = load_keyring(settings), load_engine(settings.engine)
            lookup = await load_lookup_key(db, keyring, now=now)
            authorities = await load_authorities(db, keyring, engine)
            issue = Issue(db, keyring, lookup, authorities, settings)
            ca = Ca(db, keyring, engine, settings, lookup, authorities, issue)
            return await ca.certify(now=now)

        return f"{self.on_database(work).serial:040x}"

    def certificate(self, serial: str) -> CertificateRow:
        found = self.on_database(lambda db: certificates.find_by_serial(db, serial=serial))
        assert found is not None
        return found


@pytest.fixture
def bare(settings_of_commands: None) -> Operator:
    """With a master key and no CA."""
    made = Operator()
    made.json("keys", "init")
    return made


@pytest.fixture
def operator(bare: Operator) -> Operator:
    """With a CA."""
    bare.json("ca", "init")
    return bare


def test_the_next_issuing_ca_issues_and_the_one_before_stays(operator: Operator) -> None:
    before = operator.certify()
    renewed = operator.json("ca", "renew-issuing")
    assert renewed["kind"] == "issuing-2"
    after = operator.certify()
    assert [operator.certificate(serial).issuer for serial in (before, after)] == ["issuing", "issuing-2"]
    leaf = parse_certificate(operator.certificate(after).der or b"")
    assert leaf.issuer.common_name == renewed["common_name"]
    assert operator.certificate(before).state == "active"
    assert operator.acts("issuing-2") == [("ca.renew_issuing", "service")]
    assert operator.log_holds()


def test_what_a_revoked_ca_has_issued_ends_and_the_log_explains_it(operator: Operator) -> None:
    old = operator.certify()
    operator.json("ca", "renew-issuing")
    new = operator.certify()
    told = operator.json("ca", "revoke-issuing", "issuing", "--yes", "--reason", "key-compromise")
    assert (told["kind"], told["revoked"]) == ("issuing", "key-compromise")
    assert operator.certificate(old).state == "active"  # until the job has come to it
    operator.json("jobs", "run", "--once", "--job", "ca")
    ended = operator.certificate(old)
    assert (ended.state, ended.revocation_reason) == ("revoked", 2)
    assert operator.certificate(new).state == "active"
    assert operator.acts("issuing") == [("ca.revoke_issuing", "service")]
    assert operator.log_holds()


def test_revoking_asks_twice_and_a_wrong_name_revokes_nothing(operator: Operator) -> None:
    for answer in ("n\n", "y\nissuing-2\n"):
        asked = operator.run("ca", "revoke-issuing", "issuing", answer=answer)
        assert asked.exit_code == 1
        assert "worthless, for good" in asked.stderr
    assert operator.acts("issuing") == []
    assert operator.refused("ca", "revoke-issuing", "root", "--yes") == "no_authority"
    operator.json("ca", "revoke-issuing", "issuing", "--yes")
    assert operator.refused("ca", "revoke-issuing", "issuing", "--yes") == "authority_revoked"
    assert operator.acts("issuing") == [("ca.revoke_issuing", "service")]
    assert operator.log_holds()


def test_the_p256_key_is_made_once_and_renewed_when_asked(operator: Operator) -> None:
    assert operator.refused("ca", "init-p256", "--renew") == "no_authority"
    first = _p256(operator.json("ca", "init-p256"))
    assert operator.refused("ca", "init-p256") == "authority_exists"
    second = _p256(operator.json("ca", "init-p256", "--renew"))
    assert first.public_key() != second.public_key()
    assert {each for each, _ in operator.acts("p256")} == {"ca.init_p256", "ca.renew_p256"}
    assert operator.log_holds()


def test_a_ca_of_before_gets_its_time_stamping_authority(operator: Operator) -> None:
    assert operator.refused("ca", "init-tsa") == "authority_exists"  # `ca init` made it
    forget = "DELETE FROM authorities WHERE name LIKE 'tsa%'"
    operator.on_database(lambda db: execute(db, forget))
    made = operator.json("ca", "init-tsa")["pem"]
    assert list(made) == ["tsa", "tsa-p256"]
    again = operator.json("ca", "init-tsa", "--renew")["pem"]
    assert again["tsa"] != made["tsa"]
    assert {each for each, _ in operator.acts("tsa")} == {"ca.init_tsa", "ca.renew_tsa"}


def _p256(made: dict[str, str]) -> x509.Certificate:
    found = x509.load_pem_x509_certificate(made["pem"].encode())
    key = found.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    found.verify_directly_issued_by(found)
    return found


def test_without_a_ca_there_is_nothing_to_renew_or_revoke(bare: Operator) -> None:
    for arguments in (("renew-issuing",), ("revoke-issuing", "issuing", "--yes"), ("init-p256",)):
        assert bare.refused("ca", *arguments) == "no_authority"
