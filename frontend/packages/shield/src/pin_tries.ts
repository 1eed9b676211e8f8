/**
 * Number of consecutive wrong PINs before the shield is locked permanently (R10); the service counts them.
 */

export const MAX_FAILURES = 5;
