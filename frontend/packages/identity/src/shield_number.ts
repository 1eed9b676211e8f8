/** A shield number without blanks, in any case (R1); the service decides. Its digits are the first group. */

export const SHIELD_NUMBER = /^MS([0-9]{11})$/i;
