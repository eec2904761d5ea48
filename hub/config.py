"""Settings, read once from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from hub.errors import SetUpError

DATA_FOLDER_MARK = "hub-data-folder"
"""A file that tells a data folder of the hub from somebody else's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decides. `database_url` None: the hub runs its own PostgreSQL in `data_dir`."""

    database_url: str | None = None
    database_owner_url: str | None = None
    data_dir: Path
    base_url: str = "http://127.0.0.1:8000"
    secret_key: str | None = None
    oidc_issuer: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    """Names under which the hub may be asked, besides that of `base_url`."""
    rate_limit_public: str = "600/minute"
    """Requests of one address."""
    rate_limit_signed_in: str = "1200/minute"
    """Requests of one person, from wherever."""
    rate_limit_url: str | None = None
    """Redis or Valkey, where all workers count together; None: each in its memory."""
    metrics_token: str | None = None
    """What a scraper of /metrics sends as bearer token; None: this machine alone may ask."""
    pool_size: int = 10
    registered_documents_only: bool = False
    """Whoever is not signed in may run the portal's own documents, and no others."""
    debug: bool = False
    is_demonstration: bool = False
    """Set by `hub demo` alone: invented people may sign in."""


def read_settings(environment: Mapping[str, str] = os.environ, **overrides: object) -> Settings:
    """The settings from HUB_* variables; an argument that is not None wins over its variable."""
    given: dict[str, object] = {
        "database_url": environment.get("HUB_DATABASE_URL") or None,
        "database_owner_url": environment.get("HUB_DATABASE_OWNER_URL") or None,
        "data_dir": environment.get("HUB_DATA_DIR") or _usual_folder(),
        "base_url": environment.get("HUB_BASE_URL") or "http://127.0.0.1:8000",
        "secret_key": environment.get("HUB_SECRET_KEY") or None,
        "oidc_issuer": environment.get("HUB_OIDC_ISSUER") or None,
        "allowed_hosts": tuple(environment.get("HUB_ALLOWED_HOSTS", "").replace(",", " ").split()),
        "rate_limit_public": environment.get("HUB_RATE_LIMIT_PUBLIC") or None,
        "rate_limit_signed_in": environment.get("HUB_RATE_LIMIT_SIGNED_IN") or None,
        "rate_limit_url": environment.get("HUB_RATE_LIMIT_URL") or None,
        "metrics_token": environment.get("HUB_METRICS_TOKEN") or None,
        "pool_size": _number(environment, "HUB_POOL_SIZE", 10),
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


def _is_on(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "") not in ("", "0", "false")


def _number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise SetUpError(f"{name} is {text!r}: give a whole number from 1 to 1000.")
    return int(text)
