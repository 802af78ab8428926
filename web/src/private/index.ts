// Everything of the check on this device that is loaded when it is switched on.
export { open, verified, type Bundle, type Statement } from './bundle';
export { answers, check, type Question } from './rules';
export { micros } from './time';
