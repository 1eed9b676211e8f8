/**
 * The address to which the app returns after a request by another app (R13), built by the service from the
 * registered one. It is used only if opening it can do nothing but navigate.
 */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Schemes that a browser itself executes or displays; any other one belongs to an app. */
const NO_APPS = new Set([
  "about:",
  "blob:",
  "chrome:",
  "content:",
  "data:",
  "file:",
  "filesystem:",
  "intent:",
  "javascript:",
  "jar:",
  "vbscript:",
  "view-source:",
]);

/** Returns the address, or null if there is none that may be opened. */
export function returnAddress(text: unknown): string | null {
  if (typeof text !== "string") {
    return null;
  }
  let address: URL;
  try {
    address = new URL(text);
  } catch {
    return null;
  }
  const { protocol, hostname } = address;
  if (protocol === "https:") {
    return address.href;
  }
  if (protocol === "http:") {
    return LOOPBACK.test(hostname) ? address.href : null;
  }
  return NO_APPS.has(protocol) || !text.startsWith(`${protocol}//`) ? null : text;
}
