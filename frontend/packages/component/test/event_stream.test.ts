import { expect, test } from "vitest";

import { EventParser, eventsOf } from "../src/event_stream.ts";

const STREAM = 'event: state\ndata: {"a":1}\n\n: keep-alive\n\nevent: qr\ndata: one\ndata: two\n\n';
const EVENTS = [
  { event: "state", data: '{"a":1}' },
  { event: "qr", data: "one\ntwo" },
];

test.each(["\n", "\r\n", "\r"])("accepts lines that end in %j", (end) => {
  const parser = new EventParser();
  const text = `${STREAM.replaceAll("\n", end)}:`;
  expect([...parser.push(text)]).toEqual(EVENTS);
});

test("accepts text that is cut anywhere", () => {
  const text = STREAM.replaceAll("\n", "\r\n");
  for (let cut = 0; cut <= text.length; cut++) {
    const parser = new EventParser();
    expect([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))]).toEqual(EVENTS);
  }
});

test("holds back an event without its blank line", () => {
  expect([...new EventParser().push("event: qr\ndata: half\n")]).toEqual([]);
});

test("accepts characters that are cut, and reports each piece", async () => {
  const bytes = new TextEncoder().encode("data: 手机盾\n\n");
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  let heard = 0;
  const events = [];
  for await (const event of eventsOf(body, () => heard++)) events.push(event);
  expect(events).toEqual([{ event: "message", data: "手机盾" }]);
  expect(heard).toBe(bytes.length);
});
