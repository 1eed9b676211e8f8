/** Words of the proofs of a person's accounts, as their legal representative sees them. */

import { endedReasons, proverNames, wayNames } from "@mshield/look/vue/proof_words.ts";

export const proofWords = {
  zh: {
    title: "身份核验",
    none: "还没有核验",
    way: wayNames.zh,
    by: { ...proverNames.zh, of: "由{who}" } as Record<string, string>,
    account: "账号 {phone}",
    at: "{when} 核验",
    waits: "第二个账号，{when} 起生效",
    ended: "{when} 结束：{why}",
    off: "不作数：账号已停用，或不再接受这种方式",
    reason: endedReasons.zh,
  },
  en: {
    title: "Identity",
    none: "Not verified yet",
    way: wayNames.en,
    by: { ...proverNames.en, of: "By {who}" } as Record<string, string>,
    account: "account {phone}",
    at: "verified {when}",
    waits: "A second account: valid from {when}",
    ended: "Ended {when}: {why}",
    off: "Not valid: the account is disabled, or this way is no longer accepted",
    reason: endedReasons.en,
  },
};
