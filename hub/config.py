"""Settings, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from hub.errors import SetUpError
from hub.notifications.server import MailServer, mail_server

DATA_FOLDER_MARK = "hub-data-folder"
"""A file that tells a data folder of the hub from somebody else's."""


ISSUER_VARIABLES = {
    "issuer": "HUB_OIDC_ISSUER",
    "client_id": "HUB_OIDC_CLIENT_ID",
    "client_secret": "HUB_OIDC_CLIENT_SECRET",
    "label": "HUB_OIDC_LABEL",
}
ISSUER_ENDINGS = ("", *(f"_{number}" for number in range(2, 10)))
"""Of the variables of the first OpenID Connect provider, of the second (HUB_OIDC_ISSUER_2), to the ninth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcIssuer:
    """An OpenID Connect provider that signs people in. `ending` tells its variables from the others'."""

    issuer: str
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    label: str | None = None
    ending: str = ""

    @property
    def name(self) -> str:
        """What people know it by: its label, else its host."""
        return self.label or urlsplit(self.issuer).hostname or self.issuer


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decides. `database_url` None: the hub runs its own PostgreSQL in `data_dir`."""

    database_url: str | None = None
    database_owner_url: str | None = None
    data_dir: Path
    base_url: str = "http://127.0.0.1:8000"
    secret_key: str | None = None
    oidc_issuers: tuple[OidcIssuer, ...] = ()
    oidc_audience: str | None = None
    session_idle: timedelta = timedelta(hours=1)
    session_life: timedelta = timedelta(hours=12)
    allowed_hosts: tuple[str, ...] = ()
    """Names under which the hub may be asked, besides that of `base_url`."""
    rate_limit_public: str = "600/minute"
    """Requests of one address."""
    rate_limit_signed_in: str = "1200/minute"
    """Requests of one person, from wherever."""
    rate_limit_url: str | None = None
    """Redis or Valkey, where all workers count together; None: each in its memory."""
    mail_server: MailServer | None = None
    """Who takes the mail that the hub sends; None: none is sent."""
    metrics_token: str | None = None
    """What a scraper of /metrics sends as bearer token; None: this machine alone may ask."""
    pool_size: int = 10
    storage_url: str | None = None
    """Where files are kept; None: in the folder `files` of `data_dir`."""
    files_mb_per_organisation: int = 500
    """What the files of one organisation may take together: five applications of ten documents of 10 MB."""
    registered_documents_only: bool = False
    """Whoever is not signed in may run the portal's own documents, and no others."""
    debug: bool = False
    is_demonstration: bool = False
    """Set by `hub demo` alone: invented people may sign in."""

    @property
    def audience(self) -> str:
        """For whom an access token must have been issued."""
        return self.oidc_audience or self.base_url

    @property
    def sends_mail(self) -> bool:
        """Whether mail is sent. A demonstration sends none: what it would tell is invented."""
        return self.mail_server is not None and not self.is_demonstration

    @property
    def storage(self) -> str:
        """The URL of the store of files."""
        return self.storage_url or (self.data_dir.absolute() / "files").as_uri()


def read_settings(environment: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """The settings from HUB_* variables; an argument that is not None wins over its variable."""
    given: dict[str, object] = {
        "database_url": environment.get("HUB_DATABASE_URL") or None,
        "database_owner_url": environment.get("HUB_DATABASE_OWNER_URL") or None,
        "data_dir": environment.get("HUB_DATA_DIR") or _usual_folder(),
        "base_url": (environment.get("HUB_BASE_URL") or "http://127.0.0.1:8000").rstrip("/"),
        "secret_key": environment.get("HUB_SECRET_KEY") or None,
        "oidc_issuers": tuple(_issuers(environment)),
        "oidc_audience": environment.get("HUB_OIDC_AUDIENCE") or None,
        "session_idle": timedelta(minutes=_number(environment, "HUB_SESSION_IDLE_MINUTES", 60, least=5)),
        "session_life": timedelta(hours=_number(environment, "HUB_SESSION_HOURS", 12)),
        "allowed_hosts": tuple(environment.get("HUB_ALLOWED_HOSTS", "").replace(",", " ").split()),
        "rate_limit_public": environment.get("HUB_RATE_LIMIT_PUBLIC") or None,
        "rate_limit_signed_in": environment.get("HUB_RATE_LIMIT_SIGNED_IN") or None,
        "rate_limit_url": environment.get("HUB_RATE_LIMIT_URL") or None,
        "mail_server": mail_server(environment.get("HUB_SMTP_URL"), environment.get("HUB_MAIL_FROM")),
        "metrics_token": environment.get("HUB_METRICS_TOKEN") or None,
        "pool_size": _number(environment, "HUB_POOL_SIZE", 10),
        "files_mb_per_organisation": _number(
            environment, "HUB_FILES_MB_PER_ORGANISATION", 500, least=10, most=1_000_000
        ),
        "storage_url": environment.get("HUB_STORAGE_URL") or None,
        "registered_documents_only": _is_on(environment, "HUB_REGISTERED_DOCUMENTS_ONLY"),
        "debug": _is_on(environment, "HUB_DEBUG"),
    }
    given.update({name: value for name, value in overrides.items() if value is not None})
    given = {name: value for name, value in given.items() if value is not None}
    given["data_dir"] = Path(str(given["data_dir"])).expanduser().absolute()
    return Settings(**given)  # type: ignore[arg-type]


def _usual_folder() -> Path:
    """The folder that `make demo` has made here, else one of the user's own."""
    beside = Path(".hub")
    return beside if (beside / DATA_FOLDER_MARK).exists() else platformdirs.user_data_path("rso-hub")


def _issuers(environment: Mapping[str, str]) -> Iterator[OidcIssuer]:
    for ending in ISSUER_ENDINGS:
        given = {field: environment.get(name + ending) or None for field, name in ISSUER_VARIABLES.items()}
        issuer = given.pop("issuer")
        if issuer is not None:
            yield OidcIssuer(issuer=issuer, ending=ending, **given)


def _is_on(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "") not in ("", "0", "false")


def _number(
    environment: Mapping[str, str], name: str, default: int, *, least: int = 1, most: int = 1000
) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SetUpError(f"{name} is {text!r}: give a whole number from {least} to {most}.")
    return int(text)
