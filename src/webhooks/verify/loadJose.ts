/**
 * Loads `jose`, which takes a quarter of a second: most backends have no sender
 * with tokens.
 */
export function loadJose(): typeof import('jose') {
  return require('jose');
}
