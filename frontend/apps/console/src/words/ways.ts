/** What proves that an account is the filed person's: as domain/proofs.py says it. */

export const wayNames = {
  zh: {
    filed_phone: "备案手机号一致",
    legal_person: "法人确认",
    filing_code: "激活码",
    own_shield: "现有手机盾同意",
    outside: "外部系统已实名",
    real_name: "运营商核验",
    earlier: "此前已申请证书",
  } as Record<string, string>,
  en: {
    filed_phone: "The filed phone number",
    legal_person: "Confirmed by the legal person",
    filing_code: "Activation code",
    own_shield: "Consent by an own shield",
    outside: "Verified by an outside system",
    real_name: "Checked with the phone's carrier",
    earlier: "By an earlier application",
  } as Record<string, string>,
};

/** What people are filed as. */
export const filedRoles = {
  zh: { legal_person: "法人", operator: "操作员" },
  en: { legal_person: "Legal person", operator: "Operator" },
};
