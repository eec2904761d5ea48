"""Which database a command works on: the operator's, by URL, or the hub's own, in its data folder."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import URL

from hub.config import Settings
from hub.db import embedded, migrate
from hub.db.engine import parse_url
from hub.db.migrate import create_database
from hub.errors import SetUpError


@dataclass(frozen=True, slots=True)
class Place:
    """Two ways into one database: as its owner, and as the login of the running hub."""

    owner: URL
    login: URL
    is_embedded: bool


def open_place(settings: Settings, *, need_owner: bool = True) -> Place:
    """The database of the settings; the embedded server is started where no URL is given."""
    if settings.database_url is None:
        server = embedded.start(settings.data_dir)
        if create_database(embedded.owner_url(server, "postgres"), embedded.DATABASE):
            migrate.alter_system(embedded.owner_url(server), embedded.SERVER_SETTINGS)
        return Place(embedded.owner_url(server), embedded.login_url(server), is_embedded=True)
    login = parse_url(settings.database_url)
    if settings.database_owner_url is None:
        if need_owner:
            raise SetUpError(
                "HUB_DATABASE_OWNER_URL is not set: this needs a PostgreSQL user that may create roles and "
                "tables, and that is never the user of HUB_DATABASE_URL."
            )
        return Place(login, login, is_embedded=False)
    return Place(parse_url(settings.database_owner_url), login, is_embedded=False)
