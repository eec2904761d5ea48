"""How much one organisation may keep, and how much of that attached to nothing: nobody fills the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from hub.act import Act
from hub.config import Settings
from hub.errors import InvalidInput, Problem

OVER_QUOTA: Final = "OVER_QUOTA"
LOOSE_DAYS: Final = 7
"""After which `hub.purge_files` removes what is attached to nothing."""
_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended('files of ' || :organisation, 0))")
_USAGE: Final = text("select * from hub.file_usage()")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes and numbers of files. An application takes ten documents of 10 MB, which come before it."""

    kept: int
    """Bytes of an organisation, whatever they are attached to."""
    own_loose_files: int = 20
    """Of one person, attached to nothing: two applications, since one chooses a wrong file now and then."""
    own_loose: int = 150_000_000
    """Bytes of those: less than an organisation's, so that nobody takes all the room of colleagues."""
    loose_files: int = 60
    loose: int = 300_000_000

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits as the operator sets them."""
        return cls(kept=settings.files_mb_per_organisation * 1_000_000)


async def alone(act: Act) -> None:
    """Let nobody else take room of the actor's organisation until the act ends."""
    await act.session.execute(_LOCK, {"organisation": str(act.actor.organisation_id)})


async def require_room(act: Act, limits: Limits, size: int, field: str) -> None:
    """Refuse at the field what would be more than the actor's organisation, or the actor, may have."""
    used = (await act.session.execute(_USAGE)).one()
    wait = f"attach them to an application, or wait: each is removed {LOOSE_DAYS} days after it came"
    message = None
    if used.kept + size > limits.kept:
        message = (
            f"the files of your organisation take {_mb(used.kept)} of the {_mb(limits.kept)} that they may,"
            " and this one would be too much; hand in a smaller file, or ask the RSO for more room"
        )
    elif used.own_loose_files + 1 > limits.own_loose_files or used.own_loose + size > limits.own_loose:
        message = (
            f"you have {used.own_loose_files} files ({_mb(used.own_loose)}) attached to nothing, "
            f"and may have {limits.own_loose_files} ({_mb(limits.own_loose)}); {wait}"
        )
    elif used.loose_files + 1 > limits.loose_files or used.loose + size > limits.loose:
        message = (
            f"your organisation has {used.loose_files} files ({_mb(used.loose)}) attached to nothing,"
            f" and may have {limits.loose_files} ({_mb(limits.loose)}); {wait}"
        )
    if message:
        raise InvalidInput([Problem((field,), OVER_QUOTA, message)])


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f}".removesuffix(".0") + " MB"
