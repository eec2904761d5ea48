"""From a GraphQL selection to one SQL statement.

`mapping` says what each field is in the database, `emit` writes the statement for a selection, and `resolve`
runs it for a root field and lets the normal executor read the rows as dicts.
"""
