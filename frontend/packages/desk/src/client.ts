/** Calls to the service, typed by its OpenAPI document; each changing call can be repeated safely. */

import createFetch, { type Client, type Middleware } from "openapi-fetch";

import { noConnection, Problem, refusal } from "./problem.ts";

const SAFE = new Set(["GET", "HEAD"]);
const PAUSES_MS = [300, 900];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends a request up to three times if no answer arrives: reading changes nothing, and a change has its key.
 */
async function send(request: Request): Promise<Response> {
  for (const ms of PAUSES_MS) {
    try {
      return await fetch(request.clone());
    } catch (error) {
      if (request.signal.aborted) throw error;
      await pause(ms);
    }
  }
  try {
    return await fetch(request);
  } catch (error) {
    throw request.signal.aborted ? error : noConnection();
  }
}

/** Reports whether the cause of a refusal has been removed, so that the call is sent again. */
export type Recovery = (refusal: unknown) => Promise<boolean>;

/** Sends a request, and again if `mend` returns true; the first had no effect, so its key can be reused. */
async function sendMended(request: Request, mend: Recovery): Promise<Response> {
  const again = request.clone();
  const response = await send(request);
  if (response.status !== 403) return response;
  const refused: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return (await mend(refused)) ? send(again) : response;
}

/**
 * Creates a client for the paths of one audience. `csrf` returns the session's token, sent with each changing
 * call.
 */
export function makeClient<Paths extends object>(csrf: () => string | null, mend?: Recovery): Client<Paths> {
  const headers: Middleware = {
    onRequest({ request }) {
      if (!SAFE.has(request.method)) {
        if (!request.headers.has("Idempotency-Key")) {
          request.headers.set("Idempotency-Key", crypto.randomUUID());
        }
        const token = csrf();
        if (token !== null) request.headers.set("X-CSRF-Token", token);
      }
      return request;
    },
  };
  const fetch = mend === undefined ? send : (request: Request) => sendMended(request, mend);
  const client = createFetch<Paths>({ baseUrl: location.origin, fetch });
  client.use(headers);
  return client;
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** Returns the answer's data. Throws: Problem for a refusal. */
export async function unwrapAnswer<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw refusal(error, response.status);
  return data as T;
}

/** Reports whether the session has ended, so that the page leads to the login. */
export function isLoggedOut(error: unknown): boolean {
  return error instanceof Problem && error.code === "unauthenticated";
}
