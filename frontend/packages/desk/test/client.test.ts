// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";

import { unwrapAnswer, isLoggedOut, makeClient } from "../src/client.ts";
import { Problem } from "../src/problem.ts";

interface Paths {
  "/api/things": {
    post: {
      requestBody: { content: { "application/json": { n: number } } };
      responses: { 200: { content: { "application/json": { ok: boolean } } } };
    };
    get: { responses: { 200: { content: { "application/json": { ok: boolean } } } } };
  };
}

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

afterEach(() => vi.unstubAllGlobals());

test("a change carries the session's token and one key, even after the network lost the first answer", async () => {
  const seen: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    seen.push(request);
    if (seen.length === 1) throw new TypeError("lost");
    return json({ ok: true });
  });
  const client = makeClient<Paths>(() => "token");
  expect(await unwrapAnswer(client.POST("/api/things", { body: { n: 1 } }))).toEqual({ ok: true });
  const keys = seen.map((call) => call.headers.get("Idempotency-Key"));
  expect(keys[0]).toBe(keys[1]);
  expect(keys[0]).not.toBeNull();
  expect(seen.map((call) => call.headers.get("X-CSRF-Token"))).toEqual(["token", "token"]);
});

test("reading carries neither", async () => {
  const seen: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    seen.push(request);
    return json({ ok: true });
  });
  await unwrapAnswer(makeClient<Paths>(() => "token").GET("/api/things"));
  expect(seen[0]!.headers.get("Idempotency-Key")).toBeNull();
  expect(seen[0]!.headers.get("X-CSRF-Token")).toBeNull();
});

test("a refusal is a problem with its code and sentences", async () => {
  const document = { code: "unauthenticated", zh: "请重新登录", en: "Log in again", faq: null };
  vi.stubGlobal("fetch", async () => json(document, 401));
  const refused = await unwrapAnswer(makeClient<Paths>(() => null).GET("/api/things")).catch(
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(Problem);
  expect((refused as Problem).sentence).toBe("请重新登录");
  expect(isLoggedOut(refused)).toBe(true);
});

test("without any answer, says that nothing is done twice", async () => {
  vi.stubGlobal("fetch", async () => {
    throw new TypeError("down");
  });
  vi.useFakeTimers();
  const call = unwrapAnswer(makeClient<Paths>(() => null).GET("/api/things")).catch(
    (error: unknown) => error,
  );
  await vi.runAllTimersAsync();
  vi.useRealTimers();
  expect(((await call) as Problem).code).toBe("network");
});

test("an answer that isn't a problem document is a problem too", async () => {
  vi.stubGlobal("fetch", async () => new Response("<h1>502</h1>", { status: 502 }));
  const refused = await unwrapAnswer(makeClient<Paths>(() => null).GET("/api/things")).catch(
    (error: unknown) => error,
  );
  expect((refused as Problem).code).toBe("http_502");
});
