// @vitest-environment happy-dom
/**
 * A legal representative whose registration ended is notified and logged out, and no shields are requested.
 */

import { onLoggedOut, useTask } from "@mshield/desk/task.ts";
import { unwrapAnswer } from "@mshield/desk/client.ts";
import { nextTick } from "vue";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { api } from "../src/engine/client.ts";
import { filingEnded, resume } from "../src/engine/login.ts";
import { readShields } from "../src/engine/lists.ts";
import {
  endReason,
  enter,
  isLoggedIn,
  leave,
  mayBeLoggedIn,
  onEndedInOtherTab,
} from "../src/engine/session.ts";

const FIRM = { credit_code: "91330200MA2AGH4X6Q", name: "云帆" };
const asked: string[] = [];
const ended: string[] = [];
let now: { status: number; body: object };

beforeEach(() => {
  asked.length = 0;
  ended.length = 0;
  leave();
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    asked.push(`${request.method} ${pathname}`);
    if (request.method === "DELETE") return new Response(null, { status: 204 });
    if (pathname.endsWith("/session")) return Response.json(now.body, { status: now.status });
    return Response.json({ code: "not_found", zh: "没有", en: "Not there" }, { status: 404 });
  });
  onLoggedOut((why) => {
    leave();
    ended.push(why);
  }, filingEnded);
  now = { status: 200, body: { name: "沈若琪", csrf_token: "x", enterprises: [] } };
});
afterEach(() => vi.unstubAllGlobals());

const filter = { words: "", standing: "" };

test("while they view their list, the session ends with the reason", async () => {
  enter({ name: "沈若琪", csrf_token: "x", enterprises: [FIRM] } as never);
  const task = useTask();
  await task.run(() => readShields(FIRM.credit_code, filter, null, 50));
  expect(ended).toEqual(["filing"]);
  expect(task.problem.value).toBeNull();
  expect(isLoggedIn.value).toBe(false);
  expect(asked).toContain("DELETE /api/portal/session");
});

test("after a reload", async () => {
  mayBeLoggedIn.value = true;
  expect(await resume()).toBe("filing");
  expect(isLoggedIn.value).toBe(false);
  expect(mayBeLoggedIn.value).toBe(false);
});

test("a missing item is just missing while the enterprise is still theirs", async () => {
  now.body = { name: "沈若琪", csrf_token: "x", enterprises: [FIRM] };
  enter(now.body as never);
  const task = useTask();
  await task.run(() => readShields(FIRM.credit_code, filter, null, 50));
  expect(task.problem.value?.code).toBe("not_found");
  expect(ended).toEqual([]);
  expect(isLoggedIn.value).toBe(true);
});

test.each([
  [{ reason: "ended_by_staff" }, "staff"],
  [{}, "1"],
])("an ended session with %j is reported as %s", async (extra, why) => {
  now = { status: 401, body: { code: "unauthenticated", zh: "登录已失效", en: "Log in again", ...extra } };
  mayBeLoggedIn.value = true;
  expect(await resume()).toBe(why);
  enter({ name: "沈若琪", csrf_token: "x", enterprises: [FIRM] } as never);
  await useTask().run(() => unwrapAnswer(api.GET("/api/portal/session")));
  expect(ended).toEqual([why]);
});

test("another tab gets the reason, and leaves at once", async () => {
  enter({ name: "沈若琪", csrf_token: "x", enterprises: [FIRM] } as never);
  const heard: unknown[] = [];
  onEndedInOtherTab((why) => heard.push(why));
  expect(await resume()).toBe("filing");
  expect(endReason.value).toBe("filing");
  await nextTick();
  expect(heard).toEqual([]); // the tab that ended it shows the reason itself
  enter({ name: "沈若琪", csrf_token: "x", enterprises: [FIRM] } as never);
  await nextTick();
  mayBeLoggedIn.value = false; // as the browser's storage notifies it
  await nextTick();
  expect(heard).toEqual(["filing"]);
});
