"""The GraphQL contract. It imports `hub`, never the other way."""
