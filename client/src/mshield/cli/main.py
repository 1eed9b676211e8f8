"""The command `mshield`: its subcommands are modules of three packages, imported on use.

A command whose distribution or packages are not installed says what to install.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import click

from mshield.cli.parts.output import Refused, remember_lang

_CLIENT: Final = "mshield.cli"
_SERVER: Final = "mshield.server.commands"
_TESTKIT: Final = "mshield.testkit.commands"

COMMANDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "account": (
            _SERVER,
            "Change the phone number of an account; everything else is done in the console.",
        ),
        "archive": (_SERVER, "Keep old months in files: signatures, acts, certificate events (归档)."),
        "business": (_SERVER, "Register and list business systems, and their views."),
        "ca": (_SERVER, "Certificate authority: create, show, renew, revoke (证书签发机构)."),
        "clock": (_SERVER, "Show whether clocks are trusted, and confirm them (时钟)."),
        "database": (_SERVER, "Move the data from SQLite to PostgreSQL (数据库)."),
        "doctor": (_SERVER, "Check engine, settings, SMS, master key, database, restore and CA."),
        "filing": (_SERVER, "Filing records: enterprises, legal representatives, operators (备案)."),
        "init": (
            _SERVER,
            "Create an installation in FOLDER: settings file, master key, schema, CA, first officer.",
        ),
        "jobs": (_SERVER, "Run the service's jobs (expiry, CRL, notifications, clean-up) and list them."),
        "keys": (_SERVER, "Master key: create it, show it, change it (主密钥)."),
        "legal-person": (
            _TESTKIT,
            (
                "The legal representative 法人: look up shields, report loss, lift, freeze, "
                "revoke; confirm operators."
            ),
        ),
        "log": (_CLIENT, "Transparency log: show, prove, check (透明日志)."),
        "migrate": (_SERVER, "Apply the migrations that the database lacks."),
        "oidc": (_SERVER, "OpenID Connect: clients and signing keys."),
        "openapi": (_SERVER, "Print the OpenAPI document of an audience, or of all."),
        "people": (_SERVER, "Erase a person's data, except what a law requires to be kept (个人信息)."),
        "phone": (
            _TESTKIT,
            (
                "A virtual phone 手机盾: register, log in, apply for a certificate, scan, log in "
                "and sign with it."
            ),
        ),
        "restore": (_SERVER, "Declare that the database was restored from a backup 数据库恢复."),
        "retention": (
            _SERVER,
            "Show how much of each kind of data the job `retention` has erased, and up to which time (保存期限).",
        ),
        "seals": (_SERVER, "Check the seals of the database's rows, and reseal a changed row (封条)."),
        "selftest": (
            _CLIENT,
            "Run vectors of co-signing, of views or of foreign formats, and print how many passed.",
        ),
        "serve": (_SERVER, "Run the service in the foreground until Ctrl-C."),
        "shield": (
            _SERVER,
            (
                "Find shields; suspend, resume or revoke one whose legal representative has left, has "
                "died or is locked out."
            ),
        ),
        "staff": (
            _SERVER,
            (
                "Add, list and disable console staff, set up their logins, issue tokens for "
                "programs, export the audit log."
            ),
        ),
        "trust": (_CLIENT, "Keep the list of roots of other CAs that you trust."),
        "verify": (
            _CLIENT,
            (
                "Verify a signature offline: chain, validity, revocation, signature; for a "
                "bundle also the log's proof."
            ),
        ),
        "view": (_CLIENT, "Views of content, for their authors (展示规则): check, draw, test."),
        "webhooks": (_SERVER, "Notify business systems of ended requests by webhook (Standard Webhooks)."),
        "witness": (_CLIENT, "Watch transparency logs and cosign their checkpoints (透明日志的见证人)."),
    }
)
"""Each command's package and first sentence of help. A test compares them with the modules.

`_` in the name of a file or folder becomes `-` in the command's name. The command of a folder is defined
in its module `command`.
"""

_DISTRIBUTIONS: Final = {_CLIENT: "mshield-client", _SERVER: "mshield", _TESTKIT: "mshield-testkit"}
_PLACES: Final = {
    "mshield-client": "./client",
    "mshield": "./client .",
    "mshield-testkit": "./client ./testkit",
}
"""Arguments of `pip install` in a checkout, by distribution. No package index has them yet."""


class LazyGroup(click.Group):
    """Group whose subcommands are those of COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """Returns the names of all installed commands, without importing one."""
        return sorted(name for name, (package, _) in COMMANDS.items() if _is_installed(package))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        """Imports and returns the command; if a package is missing, returns one that says what to install."""
        if cmd_name not in COMMANDS:
            return None
        package, _ = COMMANDS[cmd_name]
        if not _is_installed(package):
            return _without_packages(cmd_name, _DISTRIBUTIONS[package])
        try:
            module = importlib.import_module(_place(cmd_name))
        except ModuleNotFoundError as error:
            return _without_packages(cmd_name, _foreign(error))
        command = module.command
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__} exposes no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of `mshield --help` from COMMANDS, without importing a command."""
        names = self.list_commands(ctx)
        limit = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=COMMANDS[name][1]).get_short_help_str(limit))
                    for name in names
                ]
            )

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; many import their packages only now."""
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:
            raise _not_installed(ctx.invoked_subcommand or "", _foreign(error)) from error


def _is_installed(package: str) -> bool:
    return package == _CLIENT or importlib.util.find_spec(package.rpartition(".")[0]) is not None


def _place(name: str) -> str:
    """Returns the module of an installed command."""
    module = f"{COMMANDS[name][0]}.{name.replace('-', '_')}"
    spec = importlib.util.find_spec(module)
    return f"{module}.command" if spec is not None and spec.submodule_search_locations else module


def _foreign(error: ModuleNotFoundError) -> str:
    """Returns the missing package; re-raises the error if a module of this project is missing, which is a defect."""
    if error.name is None or error.name.partition(".")[0] == "mshield":
        raise error
    return error.name


def _not_installed(command: str, package: str) -> Refused:
    where = _PLACES[_DISTRIBUTIONS[COMMANDS[command][0]]]
    return Refused(
        f"'mshield {command}' needs the package '{package}': pip install {where} in a checkout",
        code="not_installed",
    )


def _without_packages(name: str, missing: str) -> click.Command:
    """Returns a placeholder for a command whose packages are not installed."""

    def refuse() -> None:
        raise _not_installed(name, missing)

    return click.Command(
        name,
        callback=refuse,
        short_help="(not installed)",
        # Accepts any arguments and answers with what to install.
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
    )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Language of messages; the default follows LANG."
)
@click.version_option(package_name="mshield-client", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, lang: str | None) -> None:
    """Mobile Shield 手机盾: SM2 certificates in anyone's phone, co-signed by phone and server."""
    remember_lang(context, lang)


if __name__ == "__main__":
    main()
