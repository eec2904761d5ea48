"""The database: engine, roles, transactions with identity, the embedded server."""
