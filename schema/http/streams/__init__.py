"""Subscriptions: over a WebSocket (graphql-transport-ws), and as server-sent events (graphql-sse).

Strawberry brings handlers of both. These are our own because of what they must bound: a reader who takes
nothing is cut off below the level that those see, identity is asked for again at each event, and a selection
is one compiled statement, planned once for all who subscribe by the same document. Queries and mutations are
not served over a WebSocket: by HTTP they pass rates, log line and limits one by one.
"""
