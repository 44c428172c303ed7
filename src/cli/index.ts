/*
 * The commands, for the build. bin/ loads each of them from its own file, so
 * that none waits for the packages of another.
 */
export { run as tryMapping } from './try';
export { run as validateFiles } from './validate';
