/** Documents of a request that this phone has signed, by the state of each task. */

import { expect, test } from "vitest";

import { ProblemError } from "../src/errors.ts";
import type { Scan } from "../src/messages.ts";
import type { Operation } from "../src/operation.ts";
import { ownSignature } from "../src/own_signature.ts";

const TASK = {
  uid: "",
  purpose: "sign",
  media_type: "text/plain",
  display: [],
  format: "raw",
  message_b64: "",
  content_b64: null,
  size: null,
};
const SIGNATURE = {
  kind: "signature",
  business_name: null,
  domain: null,
  request_id: null,
  pc_address: null,
  pc_browser: null,
  log_index: null,
  content_digest: "00",
  display_bound: true,
  drawing_b64: null,
  confirmed: null,
  signer: null,
  certificate_state: null,
  revoked_at: null,
  signed_at: 5,
  serial: null,
  digest: "00",
  media_type: "text/plain",
  format: "raw",
  size: 1,
  lines: [],
  signature: "00",
};

/** Returns an operation at a service with these task states, which lists signatures. */
function service(states: Readonly<Record<string, string>>, isListed = true): Operation {
  const get = async (path: string): Promise<object> => {
    const sid = path.slice(path.lastIndexOf("/") + 1);
    const isTask = path.startsWith("/api/phone/tasks/");
    if (states[sid] === undefined || !(isTask || isListed)) {
      throw new ProblemError("not_found", 404);
    }
    return isTask ? { ...TASK, sid, title: sid, state: states[sid] } : { ...SIGNATURE, sid, title: sid };
  };
  return { connection: { get }, loggedIn: () => ({}) } as unknown as Operation;
}

const scanned = (...sids: string[]): Scan =>
  ({
    kind: "signature",
    requester: { name: "云帆" },
    tasks: sids.map((sid) => ({ sid, title: sid, mediaType: "text/plain" })),
  }) as unknown as Scan;

test("names all signed documents in order, and no others", async () => {
  const own = await ownSignature(
    service({ a: "signed", b: "declined", c: "signed" }),
    scanned("a", "b", "c", "d"),
  );
  expect(own).toEqual({
    kind: "signature",
    documents: [
      { sid: "a", title: "a", mediaType: "text/plain", drawn: null },
      { sid: "c", title: "c", mediaType: "text/plain", drawn: null },
    ],
    businessName: "云帆",
    signedAt: 5,
  });
});

test("names a rendered document by its content, as in a batch's list", async () => {
  const key = { title: "出口货物报关单", amount: null, list: { number: "E20261127000011", party: null } };
  const { tasks, ...others } = scanned("a");
  const drawn = { ...others, tasks: [{ ...tasks[0]!, reading: { key } }] } as unknown as Scan;
  expect(await ownSignature(service({ a: "signed" }), drawn)).toMatchObject({
    documents: [{ title: "a", drawn: "出口货物报关单 E20261127000011" }],
  });
});

test("is null if this phone signed nothing; a consent isn't listed", async () => {
  expect(await ownSignature(service({ a: "declined" }), scanned("a", "b"))).toBeNull();
  expect(await ownSignature(service({ a: "signed" }, false), scanned("a"))).toMatchObject({
    documents: [{ sid: null, title: "a", drawn: null }],
    signedAt: null,
  });
});
