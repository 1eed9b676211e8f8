/**
 * Pages of the console in the order of its navigation, each with its address and permitted roles.
 *
 * A new page is one entry here. The service refuses what a role doesn't allow in any case; this list only
 * hides what users can't do.
 */

import type { Component, Ref } from "vue";

import { pendingCount } from "./engine/approvals.ts";
import type { Role } from "./engine/types.ts";

export interface Words {
  readonly zh: string;
  readonly en: string;
}

export interface Page {
  /** Address below /console; its parameters become properties of the page. */
  readonly path: string;
  readonly page: () => Promise<{ readonly default: Component }>;
}

export interface ConsolePlace extends Page {
  /** A name in icons.svg. */
  readonly icon: string;
  readonly name: Words;
  /** Heading above it; places of one group are together. */
  readonly group: GroupName;
  /** Roles that see and open it, with all below it; everybody if empty. */
  readonly roles: readonly Role[];
  /** Number of waiting items beside its name; hidden at zero. */
  readonly count?: Readonly<Ref<number>>;
  /** Pages below it that aren't in the navigation, such as one record of a list. */
  readonly below?: readonly Page[];
}

export const GROUPS = {
  overview: { zh: "", en: "" },
  business: { zh: "业务", en: "Business" },
  system: { zh: "系统", en: "System" },
  own: { zh: "个人", en: "Personal" },
} as const satisfies Record<string, Words>;
export type GroupName = keyof typeof GROUPS;

export const PLACES: readonly ConsolePlace[] = [
  {
    path: "/overview",
    icon: "chart",
    name: { zh: "总览", en: "Overview" },
    group: "overview",
    roles: [],
    page: () => import("./screens/dashboard/DashboardScreen.vue"),
  },
  {
    path: "/filing",
    icon: "building",
    name: { zh: "备案", en: "Filing" },
    group: "business",
    roles: ["filing_officer", "customer_service", "security_officer", "auditor"],
    page: () => import("./screens/filing/FilingScreen.vue"),
    below: [
      {
        path: "/filing/import",
        page: () => import("./screens/filing/ImportScreen.vue"),
      },
    ],
  },
  {
    path: "/accounts",
    icon: "user-check",
    name: { zh: "账号", en: "Accounts" },
    group: "business",
    roles: ["customer_service"],
    page: () => import("./screens/accounts/AccountsScreen.vue"),
    below: [
      { path: "/accounts/:id", page: () => import("./screens/accounts/AccountScreen.vue") },
      { path: "/accounts/:id/phone", page: () => import("./screens/accounts/ChangePhoneScreen.vue") },
    ],
  },
  {
    path: "/certificates",
    icon: "st-active",
    name: { zh: "证书", en: "Certificates" },
    group: "business",
    roles: ["customer_service", "security_officer", "auditor"],
    page: () => import("./screens/certificates/CertificatesScreen.vue"),
    below: [
      {
        path: "/certificates/:serial",
        page: () => import("./screens/certificates/CertificateScreen.vue"),
      },
    ],
  },
  {
    path: "/systems",
    icon: "globe",
    name: { zh: "业务系统", en: "Business systems" },
    group: "business",
    roles: ["customer_service", "security_officer", "auditor"],
    page: () => import("./screens/systems/SystemsScreen.vue"),
    below: [
      { path: "/systems/:id", page: () => import("./screens/systems/SystemScreen.vue") },
      { path: "/systems/:id/view", page: () => import("./screens/views/HandInScreen.vue") },
    ],
  },
  {
    path: "/sms",
    icon: "phone",
    name: { zh: "短信", en: "SMS" },
    group: "business",
    roles: ["customer_service", "security_officer", "auditor"],
    page: () => import("./screens/sms/SmsScreen.vue"),
  },
  {
    path: "/audit",
    icon: "history",
    name: { zh: "审计", en: "Audit" },
    group: "system",
    roles: ["security_officer", "auditor"],
    page: () => import("./screens/audit/AuditScreen.vue"),
  },
  {
    path: "/readings",
    icon: "eye",
    name: { zh: "查阅记录", en: "Data access" },
    group: "system",
    roles: ["security_officer", "auditor"],
    page: () => import("./screens/readings/ReadingsScreen.vue"),
  },
  {
    path: "/ca",
    icon: "stamp",
    name: { zh: "签发机构", en: "CA" },
    group: "system",
    roles: ["security_officer", "auditor"],
    page: () => import("./screens/ca/CaScreen.vue"),
  },
  {
    path: "/jobs",
    icon: "server",
    name: { zh: "后台任务", en: "Jobs" },
    group: "system",
    roles: ["security_officer", "auditor"],
    page: () => import("./screens/jobs/JobsScreen.vue"),
  },
  {
    path: "/staff",
    icon: "users",
    name: { zh: "员工", en: "Staff" },
    group: "system",
    roles: ["security_officer", "auditor"],
    page: () => import("./screens/staff/StaffScreen.vue"),
  },
  {
    path: "/approvals",
    icon: "user-check",
    name: { zh: "双人审批", en: "Approvals" },
    group: "system",
    roles: ["customer_service", "security_officer", "auditor", "filing_officer"],
    count: pendingCount,
    page: () => import("./screens/approvals/ApprovalsScreen.vue"),
    below: [
      {
        path: "/approvals/:id",
        page: () => import("./screens/approvals/RevokeCaScreen.vue"),
      },
      {
        path: "/approvals/:id/erasure",
        page: () => import("./screens/approvals/EraseScreen.vue"),
      },
      {
        path: "/approvals/:id/view",
        page: () => import("./screens/views/ProposedViewScreen.vue"),
      },
    ],
  },
  {
    path: "/me",
    icon: "me",
    name: { zh: "我的登录", en: "My login" },
    group: "own",
    roles: [],
    page: () => import("./screens/me/MyLoginScreen.vue"),
  },
];

/** Reports whether these roles may open the place. */
export function canOpen(place: Pick<ConsolePlace, "roles">, roles: readonly Role[]): boolean {
  return place.roles.length === 0 || place.roles.some((role) => roles.includes(role));
}

/** Returns the navigation for these roles. */
export function placesFor(roles: readonly Role[], places = PLACES): readonly ConsolePlace[] {
  const order = Object.keys(GROUPS);
  return places
    .filter((place) => canOpen(place, roles))
    .toSorted((a, b) => order.indexOf(a.group) - order.indexOf(b.group));
}
