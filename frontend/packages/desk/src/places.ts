/** What stands in the navigation of an application at a desk. */

export interface Place {
  readonly to: string;
  readonly icon: string;
  readonly name: string;
  /** How much waits there; shown above zero. */
  readonly count?: number;
  /** A heading above it, where a group begins. */
  readonly group?: string | undefined;
}
