/** Whatever a shell could take for something else. */
export const ODD = `a "b" 'c' $HOME \`id\` \\ \\n %s !! * é 🚀 & < > {} #`;

export const SECRETS = {
  catalog: `secret ${ODD}`,
  /** Longer than a block of SHA-256. */
  long: 'a-secret-that-is-long-'.repeat(5),
  standard: `whsec_${Buffer.alloc(64, '\u0000\u00ff%"\\').toString('base64')}`,
};
