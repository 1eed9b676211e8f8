/** Entries in the navigation of a desk application. */

export interface Place {
  readonly to: string;
  readonly icon: string;
  readonly name: string;
  /** Number of waiting items; shown above zero. */
  readonly count?: number;
  /** Heading above this place; set for the first place of a group. */
  readonly group?: string | undefined;
}
