"""Checks the service's public origin: in production it must be https, so that traffic can't be read or changed."""

from mshield.server.settings.forms import is_this_machine
from mshield.server.settings.settings import Settings


class PlainOrigin(Exception):
    """Error: the public origin isn't https although people and business systems use it in production."""

    code = "plain_origin"

    def __init__(self) -> None:
        self.zh = (
            "正式模式的服务地址须为 https：请设置 MSHIELD_PUBLIC_ORIGIN；只在本机使用的，请设置 MSHIELD_LOOPBACK=true "
            "并以 http://localhost 为地址；只是试用的，请设置 MSHIELD_MODE=demo"
        )
        self.en = (
            "production mode needs an https public origin: set MSHIELD_PUBLIC_ORIGIN; for use only "
            "on this machine, set MSHIELD_LOOPBACK=true and an origin of http://localhost; to try "
            "the service out, set MSHIELD_MODE=demo"
        )
        super().__init__(self.en)


def require_origin(settings: Settings) -> None:
    """Raises PlainOrigin for a public origin that isn't https, except in demo mode or on loopback only."""
    if settings.site.mode == "demo" or settings.site.public_origin.startswith("https://"):
        return
    if not (settings.site.loopback and is_this_machine(settings.site.public_origin)):
        raise PlainOrigin
