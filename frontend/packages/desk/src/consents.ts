/** Policies accepted before any data is collected: the documents in force, and the words around them. */

import type { components } from "@mshield/api/service.ts";
import type { paths } from "@mshield/api/service.ts";

import { unwrapAnswer, makeClient } from "./client.ts";

export type Policies = components["schemas"]["PoliciesMessage"];

/** Accepted version of each policy; `sensitive` is the consent to the ID number. */
export interface Consents {
  readonly privacy: string;
  readonly agreement: string;
  readonly sensitive: string;
}

const service = makeClient<paths>(() => null);

export async function readPolicies(): Promise<Policies> {
  return await unwrapAnswer(service.GET("/api/policies"));
}

export function consentsOf(policies: Policies): Consents {
  const { privacy = "", agreement = "", sensitive = "" } = policies.versions;
  return { privacy, agreement, sensitive };
}

export const consentWords = {
  zh: {
    title: "先看这些",
    agreement: "我看过并同意用户协议",
    privacy: "我看过并同意隐私政策",
    sensitive: "我单独同意处理证件号码",
    sensitiveNote: "敏感个人信息，加密保存，只用来核对备案和找回密码。",
  },
  en: {
    title: "Read these first",
    agreement: "I have read the user agreement and agree",
    privacy: "I have read the privacy policy and agree",
    sensitive: "I separately agree to the use of my ID number",
    sensitiveNote: "Sensitive data, stored encrypted, used only to check the filing and to reset a password.",
  },
};
