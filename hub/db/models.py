"""Every table of the hub, for whoever needs the whole metadata: migrations, checks, row-level security."""

from __future__ import annotations

from hub.audit import models as audit
from hub.contributions import models as contributions
from hub.db.base import Base
from hub.db.counters import reference_counters
from hub.engagement import models as engagement
from hub.files import models as files
from hub.identity import models as identity
from hub.initiatives import models as initiatives
from hub.notifications import models as notifications
from hub.opendata import models as opendata
from hub.organisations import models as organisations
from hub.proposals import models as proposals
from hub.secondments import models as secondments

__all__ = [
    "Base",
    "audit",
    "contributions",
    "engagement",
    "files",
    "identity",
    "initiatives",
    "notifications",
    "opendata",
    "organisations",
    "proposals",
    "reference_counters",
    "secondments",
]

metadata = Base.metadata
