/** A time-related refusal names the wrong clock, as far as the phone can know. */

import { expect, test } from "vitest";

import { Agreement } from "../src/clocks.ts";
import { Connection, DEFAULT_RETRY_LIMITS, PLATFORM } from "../src/connection.ts";
import { ClockError, isPassing, problemOf } from "../src/errors.ts";
import type { Repeats } from "../src/repeats.ts";

const HOUR = 3_600_000;
const START = 1_795_500_000_000;

function phone(): { clock: { wall: number; steady: number }; agreement: Agreement } {
  const clock = { wall: START, steady: 5000 };
  return {
    clock,
    agreement: new Agreement(
      () => clock.wall,
      () => clock.steady,
    ),
  };
}

function skewed(seconds: number): Error {
  const document = { code: "clock_skewed", zh: "时间", en: "time", seconds, service_time: START };
  return problemOf(401, "application/problem+json", JSON.stringify(document));
}

function explained(agreement: Agreement, error: Error): ClockError {
  const explanation = agreement.explain(error);
  expect(explanation).toBeInstanceOf(ClockError);
  return explanation as ClockError;
}

test("blames a phone whose clock was set", () => {
  const { clock, agreement } = phone();
  agreement.agreed();
  clock.wall += 2 * HOUR + 60_000;
  clock.steady += 60_000;
  const error = explained(agreement, skewed(7200));
  expect([error.code, error.whose, error.seconds]).toEqual(["clock_skewed", "phone", 7200]);
  expect(error.zh).toContain("手机的时间不准，比服务快了 2 小时");
  expect(error.en).toContain("This phone's clock is wrong: it is 2 hours ahead");
});

test("doesn't blame a phone whose clock went on evenly, and says so", () => {
  const { clock, agreement } = phone();
  agreement.agreed();
  clock.wall += 60_000;
  clock.steady += 60_000;
  const error = explained(agreement, skewed(-3 * 86_400));
  expect([error.code, error.whose]).toEqual(["clock_doubted", "service"]);
  expect(error.zh).toContain("不是手机的问题");
  expect(error.en).toContain("your phone is not at fault");
  expect(isPassing(error)).toBe(false);
});

test("blames nobody after sleep, since the steady clock may have stopped", () => {
  const { clock, agreement } = phone();
  agreement.agreed();
  clock.wall += 8 * HOUR;
  const error = explained(agreement, skewed(-2 * 3600));
  expect([error.code, error.whose]).toEqual(["clock_skewed", "unknown"]);
});

test("names both clocks without an earlier answer", () => {
  const error = explained(phone().agreement, skewed(-3 * 86_400));
  expect([error.code, error.whose]).toEqual(["clock_skewed", "unknown"]);
  expect(error.zh).toContain("慢了 3 天");
  expect(error.zh).toContain("若时间无误，请稍后再试");
  expect(error.en).toContain("3 days behind");
});

test("blames a service that doubts its own clock", () => {
  const document = { code: "clock_doubted", zh: "服务", en: "service", retry_after: 30 };
  const came = problemOf(503, "application/problem+json", JSON.stringify(document));
  const error = explained(phone().agreement, came);
  expect([error.code, error.whose, isPassing(error)]).toEqual(["clock_doubted", "service", true]);
});

test("leaves other refusals unchanged", () => {
  const came = problemOf(401, "application/problem+json", JSON.stringify({ code: "unauthenticated" }));
  expect(phone().agreement.explain(came)).toBe(came);
});

test("a connection decides by its last good answer", async () => {
  const clock = { wall: START, steady: 0, service: START };
  const answers = async (): Promise<Response> => {
    const seconds = Math.round((clock.wall - clock.service) / 1000);
    if (Math.abs(seconds) <= 60) {
      return new Response("{}", { status: 200 });
    }
    const document = JSON.stringify({ code: "clock_skewed", seconds });
    return new Response(document, { status: 401, headers: { "content-type": "application/problem+json" } });
  };
  const platform = { ...PLATFORM, fetch: answers, now: () => clock.wall, steady: () => clock.steady };
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const connection = new Connection("https://shield.example", platform, DEFAULT_RETRY_LIMITS, {} as Repeats);
  const call = (): Promise<unknown> => connection.get("/api/phone/me", { deviceKey: pair } as never);
  await call();
  clock.wall += HOUR;
  await expect(call()).rejects.toMatchObject({ whose: "phone", seconds: 3600 });
  clock.wall -= HOUR;
  clock.service -= HOUR;
  await expect(call()).rejects.toMatchObject({ whose: "service", code: "clock_doubted" });
});
