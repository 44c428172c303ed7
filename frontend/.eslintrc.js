module.exports = {
  root: true,
  ...require('@backstage/cli/config/eslint-factory')(__dirname, {
    ignorePatterns: ['!.eslintrc.js', 'dist', 'dist-types', 'test-results'],
    rules: {
      // The methods of the API's client are named as those of HTTP are.
      'new-cap': ['error', { capIsNew: false }],
    },
    overrides: [
      {
        // The dev app is an app, though the package is a plugin.
        files: 'dev/**',
        rules: { '@backstage/no-ui-css-imports-in-non-frontend': 'off' },
      },
    ],
  }),
};
