/**
 * Form of a shield number without spaces, in any case (R1); the service decides. Group 1 holds its digits.
 */

export const SHIELD_NUMBER = /^MS([0-9]{11})$/i;
