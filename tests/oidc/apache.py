"""Debian's Apache with mod_auth_openidc in front of one page: an ordinary process with its own configuration."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template
from typing import Final

import httpx

from tests.oidc.live import new_client, text_of
from tests.support.live_service import LiveService
from tests.support.ports import free_ports

_PROGRAM: Final = "/usr/sbin/apache2"
_MODULES: Final = Path("/usr/lib/apache2/modules")
_START_SECONDS: Final = 20.0
_CONFIGURATION: Final = Template("""\
ServerRoot $folder
PidFile $folder/pid
DefaultRuntimeDir $folder
ServerName localhost:$port
Listen 127.0.0.1:$port
ErrorLog $folder/error.log
LoadModule mpm_event_module $modules/mod_mpm_event.so
LoadModule authn_core_module $modules/mod_authn_core.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule authz_user_module $modules/mod_authz_user.so
LoadModule include_module $modules/mod_include.so
LoadModule auth_openidc_module $modules/mod_auth_openidc.so
$user
DocumentRoot $folder/www

OIDCProviderMetadataURL $issuer/.well-known/openid-configuration
OIDCClientID $client_id
OIDCClientSecret $client_secret
OIDCRedirectURI http://localhost:$port/private/callback
OIDCCryptoPassphrase $passphrase
OIDCScope "openid profile mshield"
OIDCPKCEMethod S256
OIDCProviderAuthRequestMethod PAR
OIDCSessionType client-cookie
OIDCRemoteUserClaim sub
OIDCPassClaimsAs environment none
OIDCCookieSameSite On

<Location /private>
  AuthType openid-connect
  Require claim role:operator
  Options +Includes
  SetOutputFilter INCLUDES
</Location>
""")
_PAGE: Final = """\
name=<!--#echo var="OIDC_CLAIM_name" -->
enterprise=<!--#echo var="OIDC_CLAIM_enterprise" -->
credit_code=<!--#echo var="OIDC_CLAIM_credit_code" -->
shield_number=<!--#echo var="OIDC_CLAIM_shield_number" -->
user=<!--#echo var="REMOTE_USER" -->
"""


@contextmanager
def apache(service: LiveService) -> Iterator[str]:
    """Yields the address of a running Apache whose client is registered at the service."""
    port = free_ports(1)
    origin = f"http://localhost:{port}"
    client = new_client(
        service,
        "--redirect-uri",
        f"{origin}/private/callback",
        "--logout-uri",
        f"{origin}/",
        "--par-required",
    )
    folder = Path(tempfile.mkdtemp(prefix="mshield-apache-"))
    try:
        _write(folder, service.origin, client, port)
        with subprocess.Popen((_PROGRAM, "-f", str(folder / "apache.conf"), "-DFOREGROUND")) as process:
            try:
                _answering(process, origin, folder)
                yield origin
            finally:
                process.terminate()
    finally:
        shutil.rmtree(folder)


def _write(folder: Path, issuer: str, client: tuple[str, str], port: int) -> None:
    # If root starts it, www-data serves the page and needs access to it.
    root = os.geteuid() == 0
    (folder / "www" / "private").mkdir(parents=True)
    (folder / "www" / "private" / "index.shtml").write_text(_PAGE)
    text = _CONFIGURATION.substitute(
        folder=folder,
        modules=_MODULES,
        port=port,
        user="User www-data\nGroup www-data" if root else "",
        issuer=issuer,
        client_id=client[0],
        client_secret=client[1],
        passphrase=secrets.token_hex(16),
    )
    (folder / "apache.conf").write_text(text)
    if root:
        owner = pwd.getpwnam("www-data")
        for place in (folder, *folder.rglob("*")):
            os.chown(place, owner.pw_uid, owner.pw_gid)


def _answering(process: subprocess.Popen[bytes], origin: str, folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(origin, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"Apache did not start:\n{text_of(folder, 'error.log')}")
