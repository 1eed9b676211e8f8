"""The contents of a page's memory and of everything the browser stores for it."""

import json
from typing import Any, Final

from playwright.sync_api import Page

_STORED: Final = """async () => {
  const text = (value) => {
    if (value instanceof CryptoKey) return `key ${value.type} ${value.extractable}`;
    if (value instanceof ArrayBuffer) return text(new Uint8Array(value));
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return `${hex} ${new TextDecoder().decode(bytes)}`;
    }
    if (value && typeof value === "object") {
      return Object.entries(value).map(([name, each]) => `${name}: ${text(each)}`).join("; ");
    }
    return String(value);
  };
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const found = {};
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const held = await done(database.transaction(store).objectStore(store).getAll());
      found[`${name}/${store}`] = held.map(text).join(" | ");
    }
    database.close();
  }
  found.local = JSON.stringify({ ...localStorage });
  found.session = JSON.stringify({ ...sessionStorage });
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      found[`${name} ${request.url}`] = request.url.endsWith(".wasm") ? "" : await answer.text();
    }
  }
  return found;
}"""


def stored(page: Page) -> dict[str, str]:
    """Returns everything the browser stores for this origin as text, by place; bytes as hex and as text."""
    found: dict[str, str] = page.evaluate(_STORED)
    return found


def heap(page: Page) -> str:
    """Returns every text in the page's memory after garbage collection, from Chromium's heap snapshot."""
    parts: list[str] = []

    def keep(event: dict[str, Any]) -> None:
        parts.append(event["chunk"])

    session = page.context.new_cdp_session(page)
    session.on("HeapProfiler.addHeapSnapshotChunk", keep)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    session.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    session.detach()
    texts: list[str] = json.loads("".join(parts))["strings"]
    return "\n".join(texts)
