/** The running service as these tests use it: its development pages, and a business system's server. */

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
  /** Address to which the shield's app may return. */
  readonly return_url: string;
  /** A PDF to be signed, in base64. */
  readonly pdf: string;
  /** File through which the Python side and these tests exchange data. */
  readonly file: string;
  readonly people: Readonly<Record<"operator" | "legal_person", Person>>;
}

export interface LiveRequest {
  readonly id: string;
  readonly number: string;
  /** By this machine's clock, in ms. */
  readonly began: number;
  readonly qr_secret: string;
  readonly qr_origin: string;
  /** Replaces the two fields above if the channel is `app`. */
  readonly app_link: string;
}

export const SERVICE = JSON.parse(process.env["LIVE_SERVICE"] ?? "null") as Given;

export const DOCUMENT = {
  title: "进口货物报关单",
  media_type: "application/xml",
  display: [{ label: "总价", value: "126000.00 欧元" }],
  content_b64: Buffer.from("<报关单><总价>126000.00 欧元</总价></报关单>").toString("base64"),
};

/** Fetches JSON from a development page. */
export async function dev(path: string): Promise<unknown> {
  return await (await fetch(`${SERVICE.origin}/dev/${path}`)).json();
}

/** Returns the newest code sent to this person. */
export async function smsCode(purpose: string, phone: string): Promise<string> {
  const sent = (await dev("sms.json")) as { phone: string; purpose: string; code: string }[];
  return String(sent.find((sms) => sms.phone === phone && sms.purpose === purpose)!.code);
}

/** Creates a request, as the business system's server does. */
export async function ask(kind: "login" | "signature", more: object = {}): Promise<LiveRequest> {
  const asked = (await business("POST", "", { kind, ...more })) as LiveRequest & { readonly age: number };
  return { ...asked, began: Date.now() - asked.age };
}

/** Returns the state of a request. */
export async function stateOf({ id }: LiveRequest): Promise<{ state: string; reason: string | null }> {
  return (await business("GET", `/${id}`)) as { state: string; reason: string | null };
}

/** Cancels a request, as the business system. */
export async function cancel({ id }: LiveRequest): Promise<void> {
  await business("POST", `/${id}/cancel`);
}

/** Returns the text of the QR code of the present second. */
export function qrText({ id, began, qr_secret, qr_origin }: LiveRequest): string {
  const t = Math.max(0, Math.floor((Date.now() - began) / 1000));
  const code = createHmac("sha256", Buffer.from(qr_secret, "hex")).update(String(t)).digest().subarray(0, 16);
  return `${qr_origin}/q/${id}?t=${t}&c=${code.toString("base64url")}`;
}

async function business(method: string, path: string, body?: object): Promise<unknown> {
  const credentials = Buffer.from(`${SERVICE.client_id}:${SERVICE.client_secret}`).toString("base64");
  const answer = await fetch(`${SERVICE.origin}/api/business/requests${path}`, {
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
