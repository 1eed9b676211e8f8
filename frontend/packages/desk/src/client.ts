/** Calls to the service, typed by its own document; each changing call can be repeated safely. */

import createFetch, { type Client, type Middleware } from "openapi-fetch";

import { noConnection, Problem, refusal } from "./problem.ts";

const SAFE = new Set(["GET", "HEAD"]);
const PAUSES_MS = [300, 900];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends it up to three times where no answer comes: reading changes nothing, a change has its key. */
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

/** Whether what kept a call from being carried out is out of the way, so that it is sent again. */
export type Mend = (refusal: unknown) => Promise<boolean>;

/** Sends it, and once more where `mend` says so; nothing was done by the first, so its key serves again. */
async function sendMended(request: Request, mend: Mend): Promise<Response> {
  const again = request.clone();
  const response = await send(request);
  if (response.status !== 403) return response;
  const refused: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return (await mend(refused)) ? send(again) : response;
}

/** A client for the paths of one audience. `csrf` gives the token of the session, which each changing call carries. */
export function makeClient<Paths extends object>(csrf: () => string | null, mend?: Mend): Client<Paths> {
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

/** What was answered. Throws Problem for a refusal. */
export async function answered<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw refusal(error, response.status);
  return data as T;
}

/** Whether the session is over, so that the page leads to the login. */
export function isLoggedOut(error: unknown): boolean {
  return error instanceof Problem && error.code === "unauthenticated";
}
