"""The composition root: settings and a database in, one ASGI application out. It alone imports `schema`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from sqlalchemy import URL, text
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from strawberry.http.ides import get_graphql_ide_html

from hub.audit.feed import Feed
from hub.config import Settings
from hub.db.engine import Database
from hub.db.migrate import head
from hub.edge.direct import Direct
from hub.edge.layers import layers
from hub.edge.uploads import Places, Uploads
from hub.files.limits import Limits
from hub.files.purging import purge_files
from hub.files.store import Store
from hub.identity.authentication import SESSION_COOKIE
from hub.identity.cookies import Cookie
from hub.identity.oidc.attempt import AttemptSeal
from hub.identity.oidc.providers import Providers
from hub.identity.purging import keep_purging, purge
from hub.identity.recognition import Recognition
from hub.notifications.delivery import delivering
from hub.policy import unguarded_models
from hub.web import portal
from hub.web.done import DoneSeal
from hub.web.operations import documents
from schema.api import PLANNER, schema
from schema.compiler.plan import Planner
from schema.http import Endpoint, PersistedDocuments, Sockets, Streams, download, execute, keep, upload


def build_app(settings: Settings, login: URL, *, compiles: bool = True) -> Starlette:
    """The hub over the database of the login's URL.

    `compiles` False: every operation goes to the normal executor. The answers are the same.
    """
    unguarded = unguarded_models()
    if unguarded:
        raise RuntimeError(f"tables without a policy: {', '.join(unguarded)}")

    providers = Providers(settings)
    cookie = Cookie.named(SESSION_COOKIE, settings.base_url)
    known = PersistedDocuments(documents())
    endpoint = Endpoint(known, registered_only=settings.registered_documents_only)
    graphql = Route("/graphql", endpoint)
    uploads = Middleware(Uploads, places=Places())
    store, limits = Store.of(settings), Limits.of(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = Database(login, pool_size=settings.pool_size)
        app.state.database = database
        app.state.settings = settings
        app.state.providers = providers
        app.state.recognition = Recognition(database, settings, providers)
        app.state.session_cookie = cookie
        app.state.attempt_seal = AttemptSeal(settings.secret_key)
        app.state.done_seal = DoneSeal(settings.secret_key)
        app.state.compiles = compiles
        app.state.execute = partial(execute, database)
        app.state.store = store
        app.state.limits = limits
        app.state.keep_file = partial(keep, database, store, limits)
        feed = Feed(login)
        app.state.streams = Streams(feed, database, app.state.recognition, cookie)
        purging = keep_purging(partial(purge, database), partial(purge_files, database, store))
        beside = [asyncio.create_task(feed.run()), asyncio.create_task(purging)]
        async with delivering(database, settings):
            yield
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)
        await app.state.recognition.close()
        await providers.close()
        await database.dispose()

    return Starlette(
        routes=[
            graphql,
            WebSocketRoute("/graphql", Sockets(known)),
            *portal.routes(is_demonstration=settings.is_demonstration, uploads=uploads),
            *([Route("/graphiql", graphiql)] if settings.is_demonstration or settings.debug else []),
            Route("/schema.graphql", sdl),
            Route("/files", upload, methods=["POST"], middleware=[uploads]),
            Route("/files/{id}", download),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
        ],
        middleware=[*layers(settings, cookie), Middleware(Direct, route=graphql)],
        exception_handlers=portal.EXCEPTION_HANDLERS,
        lifespan=lifespan,
    )


async def graphiql(request: Request) -> Response:
    """The explorer that Strawberry brings. Its scripts come from a public host: for development."""
    page = get_graphql_ide_html(graphql_ide="graphiql").replace(
        "window.location.href", "window.location.origin + '/graphql'"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": "frame-ancestors 'none'"})


def contract() -> str:
    """The SDL."""
    return schema.as_str() + "\n"


async def sdl(request: Request) -> Response:
    """The contract, for people and code generators."""
    return PlainTextResponse(contract())


async def healthz(request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """The database answers and is at the revision that this version needs, or at a newer one."""
    database: Database = request.app.state.database
    try:
        async with database.public.connect() as connection:
            revision = str(await connection.scalar(text("select hub.revision()")))
    except Exception as error:  # whatever it is, the answer is: not ready, and why
        reason = type(error).__name__
        return JSONResponse({"status": "database unavailable", "reason": reason}, status_code=503)
    needed = head()
    if revision < needed:
        answer = {"status": "database not migrated", "revision": revision, "needed": needed}
        return JSONResponse(answer, status_code=503)
    return JSONResponse({"status": "ok", "revision": revision})


def planner() -> Planner:
    """A planner of its own, with nothing planned yet: for measuring what plans cost."""
    return Planner(PLANNER.schema)
