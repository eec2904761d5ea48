// @graphql-eslint on the exported schema: the recommended and the relay rules. Where a rule is narrowed, the
// reason stands beside it; the test refuses any other finding.
import graphql from '@graphql-eslint/eslint-plugin'

const WITHOUT_IDENTITY = [
  // What a refused write says; not a thing that is kept.
  'Conflict', 'InputProblem', 'InvalidInput', 'NotAllowed', 'NotFound',
  // Values and sums: two that are equal are the same.
  'ContributionGroup', 'ContributionSummary', 'Money',
  // The place in a list.
  'PageInfo',
  // There is one for each request: whoever is signed in.
  'Viewer',
]

export default [
  {
    files: ['**/*.graphql'],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: 'schema/hub.graphql' } },
    },
    plugins: { '@graphql-eslint': graphql },
    rules: {
      ...graphql.configs['flat/schema-recommended'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      '@graphql-eslint/strict-id-in-types': [
        'error',
        // The answer to a write, an event, a page and a row's place in it hold the object that has the id.
        { exceptions: { types: WITHOUT_IDENTITY, suffixes: ['Success', 'Change', 'Connection', 'Edge'] } },
      ],
      '@graphql-eslint/relay-edge-types': [
        'error',
        // `nodes` beside `edges`, as in GitHub's schema, and lists that are short and never paged.
        { listTypeCanWrapOnlyEdgeType: false },
      ],
    },
  },
]
