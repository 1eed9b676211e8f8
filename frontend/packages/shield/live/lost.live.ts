/**
 * Each call of each flow is lost once on the way there and once on the way back; the loss kills the app,
 * which is started again. The user repeats the action, and the outcome is as the protocol's tables specify.
 */

import { expect, test } from "vitest";

import { ProblemError, type LoginClaim } from "../src/index.ts";
import type { Slot } from "../src/state.ts";
import {
  application,
  logIn,
  losing,
  losingEach,
  LOSSES,
  Network,
  phone,
  register,
  retryUntilDone,
} from "./phone.ts";
import { copyStorage, overwrite, record } from "./records.ts";
import { ask, type LiveRequest, cancel, DOCUMENT, SERVICE, qrText, stateOf } from "./service.ts";

const OWNER = SERVICE.people.legal_person;
const NAME = "chief";
let pin = OWNER.pin;

/**
 * Runs a flow once for each of its calls and each direction, losing only that call; `use` repeats until it
 * succeeds.
 */
async function withEachLost(use: (network: Network) => Promise<void>): Promise<number> {
  const whole = new Network();
  await use(whole);
  const calls = whole.sent.length;
  for (let place = 0; place < calls; place++) {
    for (const loss of LOSSES) {
      await use(losing(place, loss));
    }
  }
  return calls;
}

async function scanned(more: object = { documents: [DOCUMENT] }): Promise<LiveRequest> {
  const asked = await ask("signature", more);
  await phone(NAME).scan(qrText(asked));
  return asked;
}

async function expectWhole(): Promise<void> {
  const { key, pending } = await record(NAME);
  expect(pending).toBeNull();
  expect(key).toMatchObject({ rn: null, left: 5, proven: true });
  expect(key?.slots).toHaveLength(1);
}

test("enrolment", async () => {
  const plain = phone(NAME);
  await register(plain, OWNER);
  await logIn(plain, OWNER);
  let form = await application(plain, OWNER);
  let forms = 1;
  const network = losingEach();
  await retryUntilDone(NAME, network, async (shield) => {
    const { isApplicationPending, certificatePem } = await shield.status();
    if (isApplicationPending || certificatePem !== null) {
      return await shield.resumeApplication(pin);
    }
    try {
      return await shield.apply(form, pin);
    } catch (error) {
      // Killed after the service received the application and before the key was made: the user starts again
      // with a new code.
      if (error instanceof ProblemError && error.code === "sms_code_expired") {
        form = await application(plain, OWNER);
        forms++;
        return await shield.apply(form, pin);
      }
      throw error;
    }
  });
  expect(forms).toBeLessThanOrEqual(3);
  expect(new Set(network.sent.map(({ call }) => call))).toContain("POST /api/phone/enrolments/ID/key");
  await expectWhole();
  expect(await phone(NAME).certificate()).toMatchObject({ state: "active", holds: [] });
});

test("signature", async () => {
  const calls = await withEachLost(async (network) => {
    const asked = await scanned();
    const { documents } = await retryUntilDone(NAME, network, (shield) => shield.approve(pin));
    expect(documents).toHaveLength(1);
    expect((await stateOf(asked)).state).toBe("signed");
  });
  expect(calls).toBe(2);
  await scanned();
  await phone(NAME).approve(pin);
  await expectWhole();
});

test("an operation whose answer was lost is reported as unfinished until the next one", async () => {
  await scanned();
  await expect(phone(NAME, { network: losing(1, "answer") }).approve(pin)).rejects.toThrow();
  expect((await phone(NAME).status()).isOperationUnfinished).toBe(true);
  await phone(NAME).approve(pin);
  expect((await phone(NAME).status()).isOperationUnfinished).toBe(false);
});

test("a batch with one document excluded", async () => {
  await withEachLost(async (network) => {
    const asked = await scanned({ documents: [DOCUMENT, DOCUMENT] });
    const { documents } = await retryUntilDone(NAME, network, async (shield) => {
      const { scanned: kept } = await shield.status();
      const excluded = new Map([[kept!.tasks[1]!.sid, "重复了"]]);
      return await shield.approve(pin, asked.id, { excluded });
    });
    expect(documents.map(({ end }) => end)).toEqual(["signed", "excluded"]);
    expect((await stateOf(asked)).state).toBe("signed");
  });
  await scanned();
  await phone(NAME).approve(pin);
  await expectWhole();
});

test("scan and decline", async () => {
  await withEachLost(async (network) => {
    const asked = await ask("signature", { documents: [DOCUMENT] });
    await retryUntilDone(NAME, network, async (shield) => {
      const { scanned: kept } = await shield.status();
      return kept ?? (await shield.scan(qrText(asked)));
    });
    await retryUntilDone(NAME, network, (shield) => shield.decline("declined", asked.id));
    expect(await stateOf(asked)).toMatchObject({ state: "declined", reason: "declined" });
  });
});

test("a batch of three whose answer is lost while the app lives is sent again with the same bytes", async () => {
  await scanned({ documents: [DOCUMENT, DOCUMENT, DOCUMENT] });
  const network = losing(1, "answer");
  const approved = await phone(NAME, { network, tries: 3 }).approve(pin);
  expect(approved.documents.every(({ signature }) => signature !== null)).toBe(true);
  expect(approved.recovered).toBe(false);
  const bodies = network.sent.filter(({ call }) => call.endsWith("/finish")).map(({ body }) => body);
  expect(bodies).toHaveLength(2);
  expect(bodies[1]).toBe(bodies[0]);
  await expectWhole();
});

test("an open that was given up and arrives late replaces the session, without costing an attempt or a second PIN entry", async () => {
  await scanned();
  const late: (() => Promise<Response>)[] = [];
  let opens = 0;
  const network = {
    fetch: async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      if (String(input).endsWith("/open") && opens++ === 0) {
        late.push(() => fetch(input, init));
        throw new TypeError("lost on its way");
      }
      return await fetch(input, init);
    },
  };
  let prompts = 0;
  const approved = await phone(NAME, { network, tries: 3 }).approve(async ({ left }) => {
    prompts++;
    expect(left).toBe(5);
    expect((await late.pop()!()).status).toBe(200);
    return pin;
  });
  expect(approved).toMatchObject({ recovered: false });
  expect(approved.documents[0]!.signature).not.toBeNull();
  expect([opens, prompts]).toEqual([3, 1]);
  await expectWhole();
});

test(
  "a PIN change is in force or it isn't, and repeating it completes it",
  { timeout: 120_000 },
  async () => {
    let changed = "480517";
    const calls = await withEachLost(async (network) => {
      const before = pin;
      const { recovered } = await retryUntilDone(NAME, network, (shield) =>
        shield.changePin(before, changed),
      );
      expect(typeof recovered).toBe("boolean");
      [pin, changed] = [changed, pin];
      await expectWhole();
    });
    expect(calls).toBe(8);
  },
);

test("stores rn before sending open, and the next epoch's slot before finish", async () => {
  const seen: unknown[] = [];
  const network = {
    fetch: async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const step = String(input).split("/").at(-1)!;
      const { key } = await record(NAME);
      if (step === "open" || step === "finish") {
        seen.push([step, key?.rn !== null, key?.slots.length]);
      }
      return await fetch(input, init);
    },
  };
  const changed = pin === OWNER.pin ? "480517" : OWNER.pin;
  await phone(NAME, { network }).changePin(pin, changed);
  pin = changed;
  expect(seen).toEqual([
    ["open", true, 1],
    ["finish", true, 2],
    ["open", true, 2],
    ["finish", true, 2],
  ]);
  await expectWhole();
});

/** Returns a login that the phone read after its own login had ended. */
async function claimed(): Promise<{ readonly asked: LiveRequest; readonly shown: LoginClaim }> {
  const asked = await ask("login");
  await phone(NAME).forget();
  const { claim, requester, login } = await phone(NAME).claim(qrText(asked));
  expect(login).toMatchObject({ requestId: asked.id, number: asked.number });
  return { asked, shown: { claim, requester, login: login! } };
}

test("one PIN opens the app and logs in at the PC, whichever answer is lost", async () => {
  const calls = await withEachLost(async (network) => {
    const { asked, shown } = await claimed();
    const done = await retryUntilDone(NAME, network, (shield) => shield.unlockAndLogIn(shown, pin));
    expect(done.login).toBe("confirmed");
    expect((await stateOf(asked)).state).toBe("signed");
    expect(await phone(NAME).me()).toMatchObject({ certificate: { state: "active" } });
  });
  expect(calls).toBe(4);
  await expectWhole();
});

test("reports a login that has ended, or a changed claim, and opens the app all the same", async () => {
  const { asked, shown } = await claimed();
  await cancel(asked);
  expect((await phone(NAME).unlockAndLogIn(shown, pin)).login).toBe("closed");
  await phone(NAME).me();
  const other = await claimed();
  const claim = other.shown.claim.replace(/:(\d+):/, (_, until) => `:${Number(until) + 1}:`);
  expect((await phone(NAME).unlockAndLogIn({ ...other.shown, claim }, pin)).login).toBe("closed");
  expect((await stateOf(other.asked)).state).toBe("waiting");
  await phone(NAME).me();
});

const asking = (): string => {
  throw new Error("a PIN was asked for");
};

test("refuses to sign what wasn't shown, without asking for a PIN", async () => {
  const [{ shown }, other] = [await claimed(), await claimed()];
  const wrongs: [LoginClaim, string][] = [
    [{ ...shown, claim: other.shown.claim }, "bad_task"],
    [{ ...shown, requester: { ...shown.requester, domain: "other.example" } }, "bad_task"],
    [{ ...shown, login: { ...shown.login, requestId: other.asked.id } }, "bad_task"],
    [{ ...shown, login: { ...shown.login, message: other.shown.login.message } }, "bad_task"],
  ];
  for (const [wrong, code] of wrongs) {
    await expect(phone(NAME).unlockAndLogIn(wrong, asking)).rejects.toMatchObject({ code });
  }
  const network = new Network();
  network.lie = (call, answer) =>
    call.endsWith("/claims")
      ? answer.replace(/"message_b64":"[^"]+"/, `"message_b64":"${btoa("{}")}"`)
      : answer;
  const asked = await ask("login");
  await expect(phone(NAME, { network }).claim(qrText(asked))).rejects.toMatchObject({ code: "malformed" });
  expect((await stateOf(other.asked)).state).toBe("waiting");
  await phone(NAME).unlock(pin);
});

test("a damaged slot spends no attempt", async () => {
  const whole = await record(NAME);
  const [slot] = whole.key!.slots;
  const blob = slot!.blob.map((byte, i) => (i === 31 ? byte ^ 1 : byte));
  await overwrite(NAME, { key: { ...whole.key!, slots: [{ ...slot!, blob }] } });
  await scanned();
  const network = new Network();
  await expect(phone(NAME, { network }).approve(pin)).rejects.toMatchObject({ code: "damaged_slot" });
  expect(network.sent).toEqual([]);
  await overwrite(NAME, { key: whole.key });
  await phone(NAME).approve(pin);
});

test("if the service knows none of the slots, as after a restore, no attempt is spent and the user is told what to do", async () => {
  const forgotten = (await record(NAME)).key!.slots;
  const changed = pin === OWNER.pin ? "480517" : OWNER.pin;
  await phone(NAME).changePin(pin, changed);
  pin = changed;
  const { key } = await record(NAME);
  const approve = async (slots: readonly Slot[]): Promise<[Promise<unknown>, Network]> => {
    await overwrite(NAME, { key: { ...key!, slots } });
    const network = new Network();
    return [phone(NAME, { network }).approve(pin), network];
  };
  await scanned();
  const [refused, network] = await approve(forgotten);
  await expect(refused).rejects.toMatchObject({ code: "epoch_unknown", faq: "3.9" });
  expect(network.sent.map(({ call }) => call.split("/").at(-1))).toEqual(["open"]);
  expect(await phone(NAME).status()).toMatchObject({ isUnusable: true, isOperationUnfinished: false });
  // A newer slot that is damaged may be the one in force.
  const [slot] = key!.slots;
  const damaged = { ...slot!, blob: slot!.blob.map((byte, i) => (i === 31 ? byte ^ 1 : byte)) };
  const [unsure] = await approve([damaged, ...forgotten]);
  await expect(unsure).rejects.toMatchObject({ code: "damaged_slot" });
  // One of two slots is always in force, whatever was lost.
  const [signed] = await approve([...key!.slots, ...forgotten]);
  await signed;
  await expectWhole();
  expect((await phone(NAME).status()).isUnusable).toBe(false);
});

test("a copy of the phone is detected once the owner has signed", async () => {
  await copyStorage(NAME, "thief");
  await scanned();
  await phone(NAME).approve(pin);
  await scanned();
  await overwrite("thief", { scanned: (await record(NAME)).scanned });
  await expect(phone("thief").approve(pin)).rejects.toMatchObject({ code: "clone" });
  expect((await phone(NAME).certificate()).holds).toContain("clone");
});
