/** What the first page shows of the figures: totals up to now, and compared up to the last whole hour or day. */

import { day, time } from "@mshield/look/vue/dates.ts";

import type { Alarm, Dashboard, Point, Span } from "./calls.ts";

export type Measure = "signatures" | "logins" | "issued" | "declined";

export interface Total {
  /** Up to now. */
  readonly now: number;
  /** Up to the last whole hour or day, of this span and of the one before it. */
  readonly whole: number;
  readonly before: number;
}

const sum = (points: readonly Point[], of: Measure): number =>
  points.reduce((all, point) => all + point[of], 0);

/** How many points are over. */
export function whole({ start, step, complete }: Dashboard): number {
  return Math.round((complete - start) / step);
}

export function total(figures: Dashboard, of: Measure): Total {
  const n = whole(figures);
  return {
    now: sum(figures.points, of),
    whole: sum(figures.points.slice(0, n), of),
    before: sum(figures.before.slice(0, n), of),
  };
}

/** Of every point of the whole span, also those to come. */
export function labels(figures: Dashboard, span: Span): string[] {
  const n = Math.max(figures.points.length, figures.before.length);
  return Array.from({ length: n }, (_, index) => {
    const at = figures.start + index * figures.step;
    return span === "day" ? time(at) : day(at).slice(5);
  });
}

const PAGES: Record<Alarm["page"], string> = {
  certificates: "/certificates",
  accounts: "/accounts",
  systems: "/systems",
  jobs: "/jobs",
  ca: "/ca",
  sms: "/sms?state=failed",
  dashboard: "",
};

/** Where an alarm leads; null where it stands on this page. */
export function placeOf({ page, record }: Alarm): string | null {
  const place = PAGES[page];
  if (!place) return null;
  const isOne = page === "certificates" || page === "accounts" || page === "systems";
  return isOne && record ? `${place}/${record}` : place;
}
