/** Addresses that a link to an app brings along (`?next=`): only ever those of its own screens. */

/** The path below the app's base, as its router takes it; null for anything that might lead elsewhere. */
export function ownPath(next: unknown): string | null {
  return typeof next === "string" && /^\/(?![/\\])/.test(next) ? next : null;
}
