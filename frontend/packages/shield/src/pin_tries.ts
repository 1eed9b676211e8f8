/** How often a wrong PIN may be tried in a row before it is locked for good (R10); the service counts. */

export const MAX_FAILURES = 5;
