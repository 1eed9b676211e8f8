/** A separate phone for each name, and a network that loses calls on demand. */

import {
  type Application,
  NetworkError,
  OwnerShield,
  DEFAULT_RETRY_LIMITS,
  type RetryLimits,
  PLATFORM,
  type Secrets,
  type Shield,
  Store,
} from "../src/index.ts";
import { readLocally } from "../src/local_reader.ts";
import { dev, SERVICE, smsCode } from "./service.ts";

export type Person = (typeof SERVICE.people)["operator"];
export const LOSSES = ["request", "answer"] as const;
export type Loss = (typeof LOSSES)[number];

/**
 * Network that carries calls to the service, loses those that `lose` selects, on either way, and falsifies
 * answers.
 */
export class Network {
  readonly sent: { readonly call: string; readonly body: string }[] = [];
  lose: (call: string, index: number) => Loss | null = () => null;
  /** Replaces the text of an answer. */
  lie: (call: string, answer: string) => string = (_, answer) => answer;

  readonly fetch: typeof fetch = async (input, init) => {
    const call = `${init?.method} ${new URL(String(input)).pathname.replaceAll(/[0-9a-f-]{32,36}/g, "ID")}`;
    const loss = this.lose(call, this.sent.length);
    this.sent.push({ call, body: new TextDecoder().decode((init?.body as Uint8Array | null) ?? undefined) });
    if (loss === "request") {
      throw new TypeError("lost on its way");
    }
    const answer = await fetch(input, init);
    if (loss === "answer") {
      await answer.arrayBuffer();
      throw new TypeError("the answer was lost");
    }
    const { status, headers } = answer;
    const text = this.lie(call, await answer.text());
    return new Response(status === 204 ? null : text, { status, headers });
  };
}

interface Made {
  readonly network?: Pick<Network, "fetch">;
  readonly tries?: number;
  readonly secrets?: Secrets;
}

/** Returns a network that loses each kind of call once on each of these ways; all calls or only `some`. */
export function losingEach(losses: readonly Loss[] = LOSSES, some?: (call: string) => boolean): Network {
  const network = new Network();
  const lost = new Map<string, number>();
  network.lose = (call) => {
    const times = lost.get(call) ?? 0;
    lost.set(call, times + 1);
    return (some?.(call) ?? true) ? (losses[times] ?? null) : null;
  };
  return network;
}

/** Returns a network that loses only the n-th call. */
export function losing(place: number, loss: Loss): Network {
  const network = new Network();
  network.lose = (_, index) => (index === place ? loss : null);
  return network;
}

/** Runs `use`, restarting the app after each loss, until it succeeds. */
export async function retryUntilDone<T>(
  name: string,
  network: Network,
  use: (shield: Shield) => Promise<T>,
): Promise<T> {
  for (let starts = 0; starts < 60; starts++) {
    try {
      return await use(phone(name, { network }));
    } catch (error) {
      if (!(error instanceof NetworkError)) {
        throw error;
      }
    }
  }
  throw new Error("it never came through");
}

/**
 * Returns the phone of this name; a new object is the app restarted. With `tries` 1, a network failure kills
 * the app.
 */
export function phone(name: string, { network = new Network(), tries = 1, secrets }: Made = {}): OwnerShield {
  const patience: RetryLimits = {
    ...DEFAULT_RETRY_LIMITS,
    networkTries: tries,
    finishTries: tries,
    networkPause: 1,
  };
  const platform = { ...PLATFORM, fetch: network.fetch };
  return new OwnerShield(SERVICE.origin, {
    store: new Store(name),
    patience,
    platform,
    pinRounds: 1000,
    reader: readLocally,
    ...(secrets && { secrets }),
  });
}

export async function register(shield: Shield, person: Person): Promise<void> {
  await shield.requestSmsCode("register", person.phone);
  await shield.register({
    name: person.name,
    idType: "resident_id",
    idNumber: person.id_number,
    phone: person.phone,
    smsCode: await smsCode("register", person.phone),
    password: person.password,
    consents: (await shield.policies()).versions,
  });
}

export async function logIn(shield: Shield, { phone: account, password }: Person): Promise<void> {
  const { id } = await shield.captcha();
  const { answer } = (await dev(`captchas/${id}`)) as { answer: string };
  await shield.login({ account, password, captchaId: id, captcha: answer });
}

/** Returns the data of an application, with a fresh SMS code. */
export async function application(
  shield: Shield,
  person: Person,
  purpose: "apply" | "renew" = "apply",
): Promise<Application> {
  // Interval between two SMS codes.
  await PLATFORM.sleep(1050);
  await shield.requestSmsCode(purpose);
  return {
    name: person.name,
    idNumber: person.id_number,
    userType: person.role,
    creditCode: person.credit_code,
    smsCode: await smsCode(purpose, person.phone),
  };
}
