import { afterEach, expect, test, vi } from "vitest";

import { type Listener, type QrTexts, type Snapshot, Watch } from "../src/watch.ts";
import { type Answer, event, json, QR, StandIn, stream, WAITING } from "./stand_in.ts";

const SIGNED: Snapshot = { ...WAITING, state: "signed" };
const opened: (() => void)[] = [];
const SOON = { timeout: 10_000 };

afterEach(() => {
  for (const close of opened.splice(0)) close();
});

class Heard implements Listener {
  readonly log: string[] = [];
  readonly texts: QrTexts[] = [];

  onState({ state }: Snapshot): void {
    this.log.push(state);
  }
  onTexts(texts: QrTexts): void {
    this.log.push("texts");
    this.texts.push(texts);
  }
  onLost(): void {
    this.log.push("lost");
  }
  onUnknown(): void {
    this.log.push("unknown");
  }
}

async function following(answers: readonly Answer[], silence = {}) {
  const server = new StandIn(answers);
  const heard = new Heard();
  const source = { server: await server.listen(), request: "r/1", token: "t" };
  const watch = new Watch(source, heard, silence);
  opened.push(() => {
    watch.stop();
    server.close();
  });
  return { server, heard, watch, run: watch.run() };
}

test("follows a stream to its end: states and texts in order, requested with the token", async () => {
  const events = [event("state", WAITING), ": alive\n\n", event("qr", QR), event("state", SIGNED)];
  const { server, heard, run } = await following([stream(events, { end: true })]);
  await run;
  expect(heard.log).toEqual(["waiting", "texts", "signed"]);
  expect(heard.texts).toEqual([QR]);
  expect(server.requests).toEqual([{ path: "/api/pc/requests/r%2F1/events", authorization: "Bearer t" }]);
});

test("reopens a stream that breaks, and notifies the page meanwhile", async () => {
  const first = stream([event("state", WAITING), event("qr", QR)], { end: false });
  const { server, heard, run } = await following([first, stream([event("state", SIGNED)], { end: true })]);
  await vi.waitFor(() => expect(heard.log).toContain("texts"), SOON);
  server.cut();
  await run;
  expect(heard.log).toEqual(["waiting", "texts", "lost", "signed"]);
});

test("treats a stream that ends before the request as broken", async () => {
  const early = stream([event("state", WAITING)], { end: true });
  const { heard, run } = await following([early, stream([event("state", SIGNED)], { end: true })]);
  await run;
  expect(heard.log).toEqual(["waiting", "lost", "signed"]);
});

test("retries a failing server", async () => {
  const answers = [json({}, 503), json({}, 500), stream([event("state", SIGNED)], { end: true })];
  const { heard, run } = await following(answers);
  await run;
  expect(heard.log).toEqual(["lost", "lost", "signed"]);
});

test.each([401, 404])("doesn't retry a request that the service doesn't know (%i)", async (status) => {
  const { server, heard, run } = await following([json({}, status)]);
  await run;
  expect(heard.log).toEqual(["unknown"]);
  expect(server.requests).toHaveLength(1);
});

test("polls if streams are blocked, and gets its codes that way", async () => {
  const answers = [
    stream([], { end: false }), // opened, but an intermediary holds everything back
    json({ ...WAITING, qr: QR }),
    json(SIGNED),
  ];
  const { server, heard, run } = await following(answers, { firstEvent: 1000 });
  await run;
  expect(heard.log).toEqual(["waiting", "texts", "signed"]);
  expect(server.requests.map(({ path }) => path.split("?")[1])).toEqual([
    undefined,
    "wait=0&state=waiting",
    "wait=2&state=waiting",
  ]);
});

test("reopens a stream that falls silent", async () => {
  const first = stream([event("state", WAITING)], { end: false });
  const second = stream([event("state", SIGNED)], { end: true });
  const { heard, run } = await following([first, second], { waiting: 100 });
  await run;
  expect(heard.log).toEqual(["waiting", "lost", "signed"]);
});

test("reconnects at once on demand, although the next attempt was far away", async () => {
  const { heard, watch, run } = await following([
    json({}, 503),
    json({}, 503),
    json({}, 503),
    json({}, 503),
    stream([event("state", SIGNED)], { end: true }),
  ]);
  const tries = setInterval(() => watch.again(), 200);
  await run;
  clearInterval(tries);
  expect(heard.log.at(-1)).toBe("signed");
});

test("reports nothing after being stopped", async () => {
  const { heard, watch, run } = await following([stream([event("state", WAITING)], { end: false })]);
  await vi.waitFor(() => expect(heard.log).toEqual(["waiting"]), SOON);
  watch.stop();
  await run;
  expect(heard.log).toEqual(["waiting"]);
});

test("shows no code once it has ended, not even one that arrived with the last state", async () => {
  const { heard, watch, run } = await following([
    stream([event("state", WAITING) + event("qr", QR)], { end: false }),
  ]);
  heard.onState = ({ state }): void => {
    heard.log.push(state);
    watch.stop();
  };
  await run;
  expect(heard.log).toEqual(["waiting"]);
});
