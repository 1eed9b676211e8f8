"""Captchas of the running application, answered as a person and a page would."""

import json

import httpx

from mshield.client.work import solved


async def answered_captcha(http: httpx.AsyncClient, path: str = "/api/phone/captchas") -> dict[str, str]:
    """What a call shows for a new captcha of this address: the work done, and the characters where there are some."""
    made = (await http.post(path)).json()
    shown = {"captcha_id": made["captcha_id"], "work": solved(json.dumps(made["challenge"]).encode())}
    if made["image_b64"] is not None:
        shown["captcha"] = (await http.get(f"/dev/captchas/{made['captcha_id']}")).json()["answer"]
    return shown
