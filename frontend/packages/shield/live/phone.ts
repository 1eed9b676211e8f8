/** A phone of its own for each name, and a network that loses what it is told to lose. */

import {
  type Application,
  NetworkError,
  OwnerShield,
  PATIENCE,
  type Patience,
  PLATFORM,
  type Secrets,
  type Shield,
  Store,
} from "../src/index.ts";
import { readHere } from "../src/read_here.ts";
import { dev, GIVEN, smsCode } from "./service.ts";

export type Person = (typeof GIVEN.people)["operator"];
export const LOSSES = ["request", "answer"] as const;
export type Loss = (typeof LOSSES)[number];

/** Carries calls to the service; loses each that `lose` names, on its way there or back; falsifies answers. */
export class Network {
  readonly sent: { readonly call: string; readonly body: string }[] = [];
  lose: (call: string, index: number) => Loss | null = () => null;
  /** Falsifies the text of an answer. */
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

/** Loses each kind of call once on each way, or on one way; of all calls, or of some. */
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

/** Loses the n-th call alone. */
export function losing(place: number, loss: Loss): Network {
  const network = new Network();
  network.lose = (_, index) => (index === place ? loss : null);
  return network;
}

/** The app, started again after each loss, until `use` comes through. */
export async function stubbornly<T>(
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

/** The phone of this name; made anew, it is the app started again. `tries` 1: killed when the network fails. */
export function phone(name: string, { network = new Network(), tries = 1, secrets }: Made = {}): OwnerShield {
  const patience: Patience = { ...PATIENCE, networkTries: tries, finishTries: tries, networkPause: 1 };
  const platform = { ...PLATFORM, fetch: network.fetch };
  return new OwnerShield(GIVEN.origin, {
    store: new Store(name),
    patience,
    platform,
    pinRounds: 1000,
    reader: readHere,
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

/** The data of an application, with a fresh SMS code. */
export async function application(
  shield: Shield,
  person: Person,
  purpose: "apply" | "renew" = "apply",
): Promise<Application> {
  // Between two SMS codes.
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
