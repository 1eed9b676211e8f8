/** The running service as these tests use it: its development pages, and what a business system's server does. */

import { createHmac } from "node:crypto";

interface Person {
  readonly name: string;
  readonly id_number: string;
  readonly role: "legal_person" | "operator";
  readonly credit_code: string;
  readonly phone: string;
  readonly password: string;
  readonly pin: string;
}

interface Given {
  readonly origin: string;
  readonly client_id: string;
  readonly client_secret: string;
  /** Where the shield's app may lead back to. */
  readonly return_url: string;
  /** One to be signed, base64. */
  readonly pdf: string;
  /** Where the two sides leave each other what a test is about. */
  readonly file: string;
  readonly people: Readonly<Record<"operator" | "legal_person", Person>>;
}

export interface Asked {
  readonly id: string;
  readonly number: string;
  /** By this machine's clock, ms. */
  readonly began: number;
  readonly qr_secret: string;
  readonly qr_origin: string;
  /** In place of the two above, by channel `app`. */
  readonly app_link: string;
}

export const GIVEN = JSON.parse(process.env["LIVE_SERVICE"] ?? "null") as Given;

export const DOCUMENT = {
  title: "进口货物报关单",
  media_type: "application/xml",
  display: [{ label: "总价", value: "126000.00 欧元" }],
  content_b64: Buffer.from("<报关单><总价>126000.00 欧元</总价></报关单>").toString("base64"),
};

/** JSON of a development page. */
export async function dev(path: string): Promise<unknown> {
  return await (await fetch(`${GIVEN.origin}/dev/${path}`)).json();
}

/** The newest code sent to this person. */
export async function smsCode(purpose: string, phone: string): Promise<string> {
  const sent = (await dev("sms.json")) as { phone: string; purpose: string; code: string }[];
  return String(sent.find((sms) => sms.phone === phone && sms.purpose === purpose)!.code);
}

/** A request, as the business system's server makes it. */
export async function ask(kind: "login" | "signature", more: object = {}): Promise<Asked> {
  const asked = (await business("POST", "", { kind, ...more })) as Asked & { readonly age: number };
  return { ...asked, began: Date.now() - asked.age };
}

/** How a request stands. */
export async function stateOf({ id }: Asked): Promise<{ state: string; reason: string | null }> {
  return (await business("GET", `/${id}`)) as { state: string; reason: string | null };
}

/** The business system takes it back. */
export async function cancel({ id }: Asked): Promise<void> {
  await business("POST", `/${id}/cancel`);
}

/** The text of the QR code of this second. */
export function qrText({ id, began, qr_secret, qr_origin }: Asked): string {
  const t = Math.max(0, Math.floor((Date.now() - began) / 1000));
  const code = createHmac("sha256", Buffer.from(qr_secret, "hex")).update(String(t)).digest().subarray(0, 16);
  return `${qr_origin}/q/${id}?t=${t}&c=${code.toString("base64url")}`;
}

async function business(method: string, path: string, body?: object): Promise<unknown> {
  const credentials = Buffer.from(`${GIVEN.client_id}:${GIVEN.client_secret}`).toString("base64");
  const answer = await fetch(`${GIVEN.origin}/api/business/requests${path}`, {
    method,
    headers: {
      Authorization: `Basic ${credentials}`,
      ...(body && { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID() }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) {
    throw new Error(`${answer.status}: ${await answer.text()}`);
  }
  const text = await answer.text();
  return text === "" ? null : JSON.parse(text);
}
