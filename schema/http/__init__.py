"""GraphQL over HTTP: one operation a request, POST or (for reads) GET, JSON in and out; and streams."""

from schema.http.documents import PersistedDocuments
from schema.http.endpoint import Endpoint
from schema.http.files import download, keep, upload
from schema.http.operations import answered, execute, executed, respond
from schema.http.streams.registry import Streams
from schema.http.streams.websocket import Sockets

__all__ = [
    "Endpoint",
    "PersistedDocuments",
    "Sockets",
    "Streams",
    "answered",
    "download",
    "execute",
    "executed",
    "keep",
    "respond",
    "upload",
]
