"""GraphQL over HTTP: one operation a request, POST or (for reads) GET, JSON in and out."""

from schema.http.documents import PersistedDocuments
from schema.http.endpoint import Endpoint
from schema.http.operations import answered, execute, executed, respond

__all__ = ["Endpoint", "PersistedDocuments", "answered", "execute", "executed", "respond"]
