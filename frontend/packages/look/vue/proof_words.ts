/** Proofs that an account belongs to the registered person, in the words of client/src/mshield/wire/identity.py. */

export const wayNames = {
  zh: {
    filed_phone: "备案手机号一致",
    legal_person: "法人确认",
    filing_code: "激活码",
    own_shield: "现有手机盾同意",
    outside: "外部系统已实名",
    real_name: "运营商核验",
  } as Record<string, string>,
  en: {
    filed_phone: "The filed phone number",
    legal_person: "Confirmed by the legal representative",
    filing_code: "Activation code",
    own_shield: "Consent with the person's own shield",
    outside: "Verified by an outside system",
    real_name: "Checked with the phone's carrier",
  } as Record<string, string>,
};

/** Names of the persons and systems that prove an identity. */
export const proverNames = {
  zh: {
    filed_phone: "备案机构填报的手机号",
    legal_person: "法人",
    filing_code: "备案机构",
    own_shield: "本人的手机盾",
    outside: "外部系统",
    real_name: "运营商",
  } as Record<string, string>,
  en: {
    filed_phone: "the number that was filed",
    legal_person: "the legal representative",
    filing_code: "the filing office",
    own_shield: "a shield of their own",
    outside: "an outside system",
    real_name: "the phone's carrier",
  } as Record<string, string>,
};

/** Why it ended. */
export const endedReasons = {
  zh: {
    phone_changed: "备案的手机号和账号的不同",
    not_verified: "外部系统不再确认",
    source_changed: "外部系统改了姓名或手机号",
    objected: "本人的另一个账号叫停",
    by_staff: "客服终止",
  } as Record<string, string>,
  en: {
    phone_changed: "the number on file is not the account's",
    not_verified: "the outside system no longer vouches",
    source_changed: "another name or number in the outside system",
    objected: "stopped by the person's other account",
    by_staff: "by customer service",
  } as Record<string, string>,
};
