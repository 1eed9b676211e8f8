# ruff: noqa: INP001, T201  a program of its own, which prints and explains itself above
"""A business system requests a signature and verifies it: once with the sync client, once with asyncio.

    python business_system.py https://shield.example.cn CLIENT_ID CLIENT_SECRET root.cer declaration.xml

`root.cer` is the root that you trust, obtained once from a trusted source, never from a response.
"""

import asyncio
import sys
from pathlib import Path

from mshield.client import AsyncBusinessClient, BusinessClient, ClientError, Document, Pc


def sign(url: str, client_id: str, secret: str, root: bytes, document: Document) -> str:
    with BusinessClient(url, client_id=client_id, client_secret=secret) as shield:
        asked = shield.request_signature([document], pc=Pc(address="203.0.113.24", browser="Firefox"))
        print(
            f"The QR code of this second; a page redraws it from asked.qr. number {asked.number}:\n{asked.qr}"
        )
        if shield.wait_until_done(asked.id, timeout=120).state != "signed":
            return "not signed"
        (signed,) = shield.result(asked.id).verify(roots=[root], documents=[document])
        return f"{signed.name}, {signed.organisation} {signed.credit_code}"


async def log_in(url: str, client_id: str, secret: str, root: bytes) -> str:
    async with AsyncBusinessClient(url, client_id=client_id, client_secret=secret) as shield:
        asked = await shield.request_login()
        print(
            f"The QR code of this second; a page redraws it from asked.qr. number {asked.number}:\n{asked.qr}"
        )
        if (await shield.wait_until_done(asked.id, timeout=120)).state != "signed":
            return "not logged in"
        (login,) = (await shield.result(asked.id)).verify(roots=[root], client_id=client_id)
        return f"{login.name}, {login.organisation} {login.credit_code}"


if __name__ == "__main__":
    url, client_id, secret, root, file = sys.argv[1:]
    content = Path(file).read_bytes()
    declaration = Document(title=Path(file).name, media_type="application/xml", content=content, format="cms")
    try:
        print("logged in:", asyncio.run(log_in(url, client_id, secret, Path(root).read_bytes())))
        print("signed by:", sign(url, client_id, secret, Path(root).read_bytes(), declaration))
    except ClientError as error:
        sys.exit(f"{error.zh}\n{error}")
