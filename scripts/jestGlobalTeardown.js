/** Stops what the global set-up started; its folder goes with it. */
module.exports = async function globalTeardown() {
  await globalThis.__CUSTOM_DATA_POSTGRES__?.stop();
};
