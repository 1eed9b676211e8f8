/**
 * Classification of a scanned or typed text, before any network request. The app never opens a foreign text.
 */

const REQUEST = /^\/q\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export type Code =
  /** The code of a login or signature at this service. */
  | { readonly kind: "request"; readonly text: string; readonly requestId: string; readonly typedMs?: number }
  /** Another address: of another part of this service, or foreign. */
  | { readonly kind: "address"; readonly domain: string }
  | { readonly kind: "text" };

/** Classifies the text of a QR code; `origin` is this service's. */
export function readCode(text: string, origin: string): Code {
  const address = addressIn(text);
  if (address === null) {
    return { kind: "text" };
  }
  const requestId = REQUEST.exec(address.pathname)?.[1];
  const { searchParams: query } = address;
  if (address.origin !== origin || requestId === undefined || !query.has("t") || !query.has("c")) {
    return { kind: "address", domain: address.hostname };
  }
  return { kind: "request", text, requestId };
}

/** Short code as the service reads it: without U; I, L and O mean 1, 1 and 0. */
const SHORT = /^[0-9A-TV-Z]{8}$/;

/**
 * Like `readCode`, for a text that was typed or pasted: whitespace and a missing `https://` don't matter. A
 * short code names no request, and its validity counts from when typing began, `typedMs` ago.
 */
export function readTyped(typed: string, origin: string, typedMs = 0): Code {
  const text = typed.replaceAll(/\s+/g, "");
  const short = text.replaceAll("-", "").toUpperCase();
  if (SHORT.test(short)) {
    return { kind: "request", text: short, requestId: short, typedMs };
  }
  const host = new URL(origin).host;
  return readCode(text.startsWith(`${host}/`) ? origin + text.slice(host.length) : text, origin);
}

function addressIn(text: string): URL | null {
  try {
    const address = new URL(text);
    return /^https?:$/.test(address.protocol) ? address : null;
  } catch {
    return null;
  }
}
