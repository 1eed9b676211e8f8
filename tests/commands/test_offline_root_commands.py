"""`mshield ca` with a root of `openssl` elsewhere: init, import, cross certificate, ceremony, on either database."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from mshield.pki.asn1 import pem
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.wire.times import DAY_MS
from tests.commands.test_ca_commands import Operator
from tests.support.acts import acts_on
from tests.support.offline_root import OfflineRoot, make_root, openssl

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("settings_of_commands")]


@pytest.fixture
def operator() -> Operator:
    operator = Operator()
    for command in ("migrate", "keys init"):
        result = operator.run(*command.split())
        assert result.exit_code == 0, result.output
    return operator


def _brought_in(operator: Operator, root: OfflineRoot, folder: Path) -> None:
    made = operator.json("ca", "init", "--name", "宁波电子口岸", "--root-elsewhere", "--out", str(folder))
    assert [one["name"] for one in made] == ["issuing", "root_ocsp", "tsa"]
    files = []
    for name, days in (("issuing", 3000), ("root_ocsp", 390), ("tsa", 3000)):
        (request,) = pem.decode("CERTIFICATE REQUEST", (folder / f"{name}.csr").read_text(encoding="ascii"))
        made_by_root = root.sign(request, (folder / f"{name}.ext").read_text(encoding="utf-8"), days=days)
        file = folder / f"{name}.cer"
        file.write_bytes(made_by_root)
        files.append(str(file))
    (folder / "root.crl").write_bytes(root.crl(at=root.made_at))
    stated = sha256(root.certificate).hexdigest()
    rest = ("--root", str(root.folder / "root.pem"), "--crl", str(folder / "root.crl"))
    assert operator.refused("ca", "import", *files, *rest, "--root-sha256", "00" * 32) == "bad_ca_import"
    imported = operator.json("ca", "import", *files, *rest, "--root-sha256", stated)
    assert [one["kind"] for one in imported] == ["root", "issuing", "root_ocsp", "tsa"]


def test_ca_with_its_root_elsewhere_is_made_and_kept_by_commands(operator: Operator, tmp_path: Path) -> None:
    root = make_root(tmp_path / "root", now=wall_clock() // DAY_MS * DAY_MS)
    _brought_in(operator, root, tmp_path / "out")
    assert operator.json("ca", "requests") == []
    assert operator.refused("ca", "renew-issuing") == "key_elsewhere"
    (tmp_path / "next.crl").write_bytes(root.crl(at=root.made_at, days=300))
    assert operator.json("ca", "import-crl", str(tmp_path / "next.crl"))["number"] == 2
    assert operator.refused("ca", "import-crl", str(tmp_path / "next.crl")) == "bad_ca_import"
    assert operator.json("ca", "request", "tsa")[0]["name"] == "tsa"
    assert operator.refused("ca", "request", "tsa") == "authority_exists"
    assert operator.json("ca", "requests", "--discard", "tsa") == []
    result = operator.run("doctor", "--json")
    checks = json.loads(result.stdout)
    assert "elsewhere" in json.dumps(checks), checks
    assert operator.log_holds()


def test_cross_certificate_is_requested_imported_listed_and_removed(
    operator: Operator, tmp_path: Path
) -> None:
    operator.json("ca", "init", "--name", "Test")
    other = make_root(
        tmp_path / "other", now=wall_clock() // DAY_MS * DAY_MS, name="/C=CN/O=Other/CN=Other Root CA"
    )
    request = pem.decode("CERTIFICATE REQUEST", operator.json("ca", "cross", "request")["pem"])[0]
    extensions = (
        "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n"
        "crlDistributionPoints=URI:http://other.example/root.crl\n"
    )
    cross = other.sign(request, extensions)
    (tmp_path / "cross.cer").write_bytes(cross)
    stated = sha256(other.certificate).hexdigest()
    rest = ("--root", str(other.folder / "root.pem"), "--root-sha256", stated)
    (imported,) = operator.json("ca", "cross", "import", str(tmp_path / "cross.cer"), *rest)
    assert (imported["root"], imported["read"]) == ("Other Root CA", "strict")
    assert operator.json("ca", "cross", "list") == [imported]
    operator.json("ca", "cross", "remove", imported["sha256"])
    assert operator.json("ca", "cross", "list") == []
    assert operator.log_holds()


def test_ceremony_is_signed_by_each_person_present_and_recorded(operator: Operator, tmp_path: Path) -> None:
    operator.json("ca", "init", "--name", "Test")
    record, present = tmp_path / "record.json", []
    for name in ("zhang", "li"):
        openssl(tmp_path, "genpkey", "-algorithm", "SM2", "-out", f"{name}.key")
        openssl(tmp_path, "pkey", "-in", f"{name}.key", "-pubout", "-out", f"{name}.pub")
        present += ["--present", f"{name}:见证人:{tmp_path / f'{name}.pub'}"]
    opened = operator.json(
        "ca", "ceremony", "open", str(record), "--what", "首次签发 <机构>", "--place", "宁波", *present,
        "--note", "10:05 封条完好",
    )  # fmt: skip
    assert opened["items"] == 6
    assert operator.refused("ca", "ceremony", "verify", str(record)) == "bad_ceremony"
    assert operator.refused("ca", "ceremony", "close", str(record)) == "bad_ceremony"
    for name, signer, accepted in (("zhang", "li", False), ("zhang", "zhang", True), ("li", "li", True)):
        options = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
        place = ("-inkey", f"{signer}.key", "-in", "record.json.tbs", "-out", "signature")
        openssl(tmp_path, "pkeyutl", "-sign", *options, *place)
        by = ("--name", name, "--signature", str(tmp_path / "signature"))
        arguments = ("ca", "ceremony", "confirm", str(record), *by)
        if accepted:
            assert operator.json(*arguments)["signed"] == name
        else:
            assert operator.refused(*arguments) == "bad_ceremony"
    verified = operator.json("ca", "ceremony", "verify", str(record), "--here")
    assert (verified["sha256"], verified["signed"]) == (opened["sha256"], ["li", "zhang"])
    operator.json("ca", "ceremony", "page", str(record), str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "首次签发 &lt;机构&gt;" in page
    assert "10:05 封条完好" in page
    operator.json("ca", "ceremony", "close", str(record))
    (act,) = [
        act for act in operator.on_database(lambda db: acts_on(db, subject="ca")) if act.act == "ca.ceremony"
    ]
    assert act.details["sha256"] == opened["sha256"]
    assert act.details["present"] == ["zhang", "li"]
    value = json.loads(record.read_bytes())
    for changed in (
        {**value, "record": {**value["record"], "place": "别处"}},
        {**value, "signatures": value["signatures"][:1]},
        {**value, "signatures": [*value["signatures"], value["signatures"][0]]},
        {**value, "more": 1},
    ):
        record.write_text(json.dumps(changed, ensure_ascii=False), encoding="utf-8")
        assert operator.refused("ca", "ceremony", "verify", str(record)) == "bad_ceremony"
    assert operator.log_holds()
