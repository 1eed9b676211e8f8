/**
 * The id number that was typed at the registration, for the application that follows: in this page's memory alone, until
 * it was used, or the app locks or logs out.
 */

let idNumber: string | null = null;

export function keepIdNumber(typed: string): void {
  idNumber = typed;
}

export function knownIdNumber(): string {
  return idNumber ?? "";
}

export function forgetIdNumber(): void {
  idNumber = null;
}
