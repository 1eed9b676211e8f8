/** Policies that users accept before any data is collected, and who runs the service; both need no login. */

import { Fields } from "./fields.ts";
import type { Operation } from "./operation.ts";

export const POLICIES = ["privacy", "agreement", "sensitive"] as const;
export type PolicyName = (typeof POLICIES)[number];

/** Accepted version of each policy; `sensitive` is the consent to the ID number. */
export type Consents = Readonly<Record<PolicyName, string>>;

/**
 * A document in one language: lines `## heading`, `- item`, paragraphs; `changes` is empty in the first
 * version.
 */
export interface PolicyText {
  readonly title: string;
  readonly changes: string;
  readonly body: string;
}

export interface PolicyDocument {
  readonly name: "privacy" | "agreement";
  readonly version: string;
  readonly zh: PolicyText;
  readonly en: PolicyText;
}

export interface Policies {
  readonly documents: readonly PolicyDocument[];
  readonly versions: Consents;
}

/** The operator of the service; null for what isn't specified. */
export interface About {
  readonly operator: string | null;
  readonly icpNumber: string | null;
  readonly servicePhone: string | null;
  readonly hoursZh: string | null;
  readonly hoursEn: string | null;
  readonly serviceChat: string | null;
  readonly complaintPhone: string | null;
  readonly complaintUrl: string | null;
  readonly closingDays: number;
  /** Time zone used in the service's files and letters. */
  readonly timeZone: { readonly name: string; readonly zh: string; readonly en: string };
}

export async function policies(operation: Operation): Promise<Policies> {
  return readPolicies(await operation.connection.get("/api/policies", operation.anonymous()));
}

/** Parses an answer, also a stored one. Throws: ProtocolError. */
export function readPolicies(answer: unknown): Policies {
  const of = new Fields(answer);
  const versions = of.object("versions");
  return {
    documents: of.list("items").flatMap(readDocument),
    versions: {
      privacy: versions.text("privacy"),
      agreement: versions.text("agreement"),
      sensitive: versions.text("sensitive"),
    },
  };
}

export async function about(operation: Operation): Promise<About> {
  const of = new Fields(await operation.connection.get("/api/about", operation.anonymous()));
  return {
    operator: of.textOrNull("operator"),
    icpNumber: of.textOrNull("icp_number"),
    servicePhone: of.textOrNull("service_phone"),
    hoursZh: of.textOrNull("service_hours_zh"),
    hoursEn: of.textOrNull("service_hours_en"),
    serviceChat: webAddress(of.textOrNull("service_chat")),
    complaintPhone: of.textOrNull("complaint_phone"),
    complaintUrl: webAddress(of.textOrNull("complaint_url")),
    closingDays: of.integer("closing_days"),
    timeZone: readZone(of.object("time_zone")),
  };
}

function readZone(of: Fields): About["timeZone"] {
  return { name: of.text("name"), zh: of.text("zh"), en: of.text("en") };
}

/** Returns the policies that the account has to accept again. */
export async function dueConsents(operation: Operation): Promise<readonly PolicyName[]> {
  const answer = await operation.connection.get("/api/phone/consents", operation.loggedIn());
  return new Fields(answer).list("due").filter(isPolicy);
}

export async function agree(operation: Operation, consents: Consents): Promise<void> {
  await operation.connection.post("/api/phone/consents", operation.loggedIn(), { consents });
}

function isPolicy(value: unknown): value is PolicyName {
  return POLICIES.some((name) => name === value);
}

/** Skips documents that only a newer service has: users accept only what this version shows. */
function readDocument(value: unknown): PolicyDocument[] {
  const of = new Fields(value);
  const name = of.knownWord("name", ["privacy", "agreement"]);
  return name === "unknown"
    ? []
    : [{ name, version: of.text("version"), zh: readText(of.object("zh")), en: readText(of.object("en")) }];
}

function readText(of: Fields): PolicyText {
  return { title: of.text("title"), changes: of.text("changes"), body: of.text("body") };
}

/** Returns the address if a link may lead to it. */
function webAddress(text: string | null): string | null {
  return text !== null && /^https?:\/\//.test(text) ? text : null;
}
