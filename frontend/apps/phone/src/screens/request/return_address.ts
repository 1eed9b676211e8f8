/**
 * Where the app leads back to after a request by another app (R13): what the service made of the registered address, and
 * only if opening it can do no more than lead there.
 */

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Schemes by which a browser itself runs or shows something; an app's own scheme is any other. */
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

/** The address, or null where there is none to be opened. */
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
