/** Screens on which the user can resolve an error about the certificate. */

import { guideOf } from "../../parts/guide.ts";

export interface Remedy {
  readonly word: "apply" | "renew" | "bind" | "certificate" | "guide" | "asks" | "home";
  readonly to: string;
}

const WAYS: Record<string, Remedy> = {
  no_certificate: { word: "apply", to: "/apply" },
  no_key: { word: "apply", to: "/apply" },
  filing_changed: { word: "renew", to: "/renew" },
  not_bound: { word: "bind", to: "/bind" },
  held: { word: "asks", to: "/asks" },
  pin_locked: { word: "certificate", to: "/me/certificate" },
  certificate_expired: { word: "certificate", to: "/me/certificate" },
};

/** Returns the screen for an error code; the home screen if there is no specific one. */
export function remedyFor(code: string): Remedy {
  const guide = guideOf(code);
  return WAYS[code] ?? (guide === null ? { word: "home", to: "/" } : { word: "guide", to: guide });
}

export const remedyWords = {
  zh: {
    apply: "去申请证书",
    renew: "去更新证书",
    bind: "去绑定证书",
    certificate: "查看证书",
    guide: "怎样重新申请",
    asks: "请法人办理",
    home: "返回首页",
  },
  en: {
    apply: "Apply for a certificate",
    renew: "Renew the certificate",
    bind: "Bind the certificate",
    certificate: "See the certificate",
    guide: "How to apply again",
    asks: "Ask the legal representative",
    home: "Back to home",
  },
};
