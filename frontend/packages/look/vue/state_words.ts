/** What people read for a certificate's state and its holds: the service's own table. */

export { default as stateWords } from "../../../../src/mshield/domain/certificates/state_words.json";
