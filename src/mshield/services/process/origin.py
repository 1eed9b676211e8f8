"""Under which address the service may run: in production nobody on the way may read or change what it says."""

from mshield.setting_forms import is_this_machine
from mshield.settings import Settings


class PlainOrigin(Exception):
    """The public origin is no https one, though people and business systems are to come by it."""

    code = "plain_origin"

    def __init__(self) -> None:
        self.zh = (
            "正式模式的服务地址须为 https：请设置 MSHIELD_PUBLIC_ORIGIN；只在本机使用的，请设置 MSHIELD_LOOPBACK=true "
            "并以 http://localhost 为地址；只是试用的，请设置 MSHIELD_MODE=demo"
        )
        self.en = (
            "production mode needs an https public origin: set MSHIELD_PUBLIC_ORIGIN; for this machine alone, set "
            "MSHIELD_LOOPBACK=true and an origin of http://localhost; to try the service out, set MSHIELD_MODE=demo"
        )
        super().__init__(self.en)


def require_origin(settings: Settings) -> None:
    """Raises PlainOrigin."""
    if settings.mode == "demo" or settings.public_origin.startswith("https://"):
        return
    if not (settings.loopback and is_this_machine(settings.public_origin)):
        raise PlainOrigin
