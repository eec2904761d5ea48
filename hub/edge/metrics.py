"""`/metrics`, in the text format of Prometheus: of all workers, where there are several."""

from __future__ import annotations

import hmac
import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/metrics"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The library's own variable: where several workers keep their counts together."""
LOOPBACK = ("127.0.0.1", "::1")


class Metrics:
    """Answers a scraper. Its token is the operator's setting and nobody's identity: it comes before those."""

    def __init__(self, app: ASGIApp, *, token: str | None) -> None:
        self.app, self.token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self.app(scope, receive, send)
            return
        answer = _counts() if self._may_ask(scope) else PlainTextResponse("Not found", status_code=404)
        await answer(scope, receive, send)

    def _may_ask(self, scope: Scope) -> bool:
        if self.token is None:
            return scope.get("client") is not None and scope["client"][0] in LOOPBACK
        sent = Headers(scope=scope).get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(sent.encode(), self.token.encode())


def _counts() -> Response:
    registry = REGISTRY
    if SHARED_FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
