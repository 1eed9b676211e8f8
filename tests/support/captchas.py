"""Answers captchas of the running application like a person and a page would."""

import json

import httpx

from mshield.testkit.work import solved


async def answered_captcha(http: httpx.AsyncClient, path: str = "/api/phone/captchas") -> dict[str, str]:
    """Returns the fields that answer a new captcha: the completed work, and the characters if there is an image."""
    captcha = (await http.post(path)).json()
    fields = {"captcha_id": captcha["captcha_id"], "work": solved(json.dumps(captcha["challenge"]).encode())}
    if captcha["image_b64"] is not None:
        fields["captcha"] = (await http.get(f"/dev/captchas/{captcha['captcha_id']}")).json()["answer"]
    return fields
