/** Addresses in a link to an app (`?next=`), limited to its own screens. */

/**
 * Returns the path below the app's base, as its router expects it; null for anything that might lead
 * elsewhere.
 */
export function ownPath(next: unknown): string | null {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : null;
}
