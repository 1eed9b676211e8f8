"""`mshield ca` renews and revokes issuing CAs and makes the P-256 key, on either database, recorded in the log."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from mshield.cli.main import main
from mshield.gm.engine import load_engine
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.server.authorities.authority import load_authorities
from mshield.server.certificates.issue import Issue
from mshield.server.certificates.rows import certificates
from mshield.server.certificates.rows.certificates import CertificateRow
from mshield.server.database.interface import Database
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import load_keyring
from mshield.server.keys.seals import load_sealer
from mshield.server.keys.secrets import load_lookup_key
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.settings.settings import load_settings
from tests.support.acts import acts_on
from tests.support.issuing import Ca
from tests.support.second_person import code_of, named_in

pytestmark = pytest.mark.slow

T = TypeVar("T")


class Operator:
    """Runs commands and inspects their effects."""

    def run(self, *arguments: str, answer: str | None = None) -> Result:
        """Runs a command; unless there is another answer, a second person that it names enters their code."""
        load_settings.cache_clear()
        second = named_in(arguments)
        if answer is None and second is not None:
            answer = self.code(second)
        return CliRunner().invoke(main, ["--lang", "en", *arguments], input=answer)

    def code(self, name: str, *, now: int | None = None) -> str:
        """Returns an unused one-time code of the security officer with this name."""
        keyring, at = load_keyring(load_settings().keys), wall_clock() if now is None else now
        return self.on_database(lambda db: code_of(db, keyring, name, now=at))

    def json(self, *arguments: str, answer: str | None = None) -> Any:
        result = self.run(*arguments, "--json", answer=answer)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def refused(self, *arguments: str, answer: str | None = None) -> str:
        """Returns the code of a refusal."""
        result = self.run(*arguments, "--json", answer=answer)
        assert result.exit_code == 1, result.output
        return str(json.loads(result.stderr)["error"]["code"])

    def log_holds(self) -> bool:
        """Reports whether the log verifies, after logging pending entries."""
        self.json("jobs", "run", "--once", "--job", "log")
        found = self.json("log", "verify")
        return found["holds"] is True and found["waiting"] == 0

    def on_database(self, work: Callable[[Database], Awaitable[T]]) -> T:
        async def run() -> T:
            settings = load_settings()
            db = await open_database(settings.database.url, pool_size=1)
            try:
                await load_sealer(db, load_keyring(settings.keys), now=0)
                return await work(db)
            finally:
                await db.close()

        return asyncio.run(run())

    def acts(self, subject: str) -> list[tuple[str, str]]:
        found = self.on_database(lambda db: acts_on(db, subject=subject))
        return [(each.act, each.actor) for each in found]

    def certify(self) -> str:
        """Certifies a new person by the current issuing CA; returns the serial."""

        async def work(db: Database) -> Certificate:
            settings, now = load_settings(), time.time_ns() // 1_000_000
            keyring, engine = load_keyring(settings.keys), load_engine(settings.keys.engine)
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
    """An operator with a master key and no CA."""
    made = Operator()
    made.json("keys", "init")
    return made


@pytest.fixture
def operator(bare: Operator) -> Operator:
    """An operator with a CA."""
    bare.json("ca", "init")
    return bare


def test_next_issuing_ca_issues_and_the_previous_stays(operator: Operator) -> None:
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


def test_leaves_of_a_revoked_ca_end_and_the_log_explains_it(operator: Operator) -> None:
    old = operator.certify()
    operator.json("ca", "renew-issuing")
    new = operator.certify()
    told = operator.json("ca", "revoke-issuing", "issuing", "--yes", "--reason", "key-compromise")
    assert (told["kind"], told["revoked"]) == ("issuing", "key-compromise")
    assert operator.certificate(old).state == "active"  # until the job has processed it
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
        assert "permanently invalid" in asked.stderr
    assert operator.acts("issuing") == []
    assert operator.refused("ca", "revoke-issuing", "root", "--yes") == "no_authority"
    operator.json("ca", "revoke-issuing", "issuing", "--yes")
    assert operator.refused("ca", "revoke-issuing", "issuing", "--yes") == "authority_revoked"
    assert operator.acts("issuing") == [("ca.revoke_issuing", "service")]
    assert operator.log_holds()


def test_p256_key_is_made_once_and_renewed_on_request(operator: Operator) -> None:
    assert operator.refused("ca", "init-p256", "--renew") == "no_authority"
    first = _p256(operator.json("ca", "init-p256"))
    assert operator.refused("ca", "init-p256") == "authority_exists"
    second = _p256(operator.json("ca", "init-p256", "--renew"))
    assert first.public_key() != second.public_key()
    assert {each for each, _ in operator.acts("p256")} == {"ca.init_p256", "ca.renew_p256"}
    assert operator.log_holds()


def test_keys_of_the_time_stamping_authority_are_renewed(operator: Operator) -> None:
    first = operator.json("ca", "renew-tsa")["pem"]
    assert list(first) == ["tsa", "tsa-p256"]
    second = operator.json("ca", "renew-tsa")["pem"]
    assert all(second[name] != first[name] for name in first)
    assert [each for each, _ in operator.acts("tsa")] == ["ca.renew_tsa"] * 2
    assert operator.log_holds()


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
