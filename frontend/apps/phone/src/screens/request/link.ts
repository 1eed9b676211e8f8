/** The request's code in an address of this app, as the service wrote it. */

import type { LocationQuery } from "vue-router";

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const KEY = /^[A-Za-z0-9_-]{22}$/;
const SECONDS = /^(?:0|[1-9]\d{0,6})$/;

/** Returns the text to send to the service; null if it isn't an address of this service. */
export function linkOf(path: string, query: LocationQuery, origin: string): string | null {
  const { request, k, t, c } = query;
  if (path === "/sign") {
    return matches(ID, request) && matches(KEY, k) ? `${origin}/app/sign?request=${request}&k=${k}` : null;
  }
  const id = /^\/q\/([^/]+)$/.exec(path)?.[1];
  return matches(ID, id) && matches(SECONDS, t) && matches(KEY, c) ? `${origin}/q/${id}?t=${t}&c=${c}` : null;
}

function matches(form: RegExp, value: unknown): value is string {
  return typeof value === "string" && form.test(value);
}
