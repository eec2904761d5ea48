"""One act: what every action is given, and the only way in which anything is written.

An act is one transaction. It refuses first, records an audit event, puts what must be told into the outbox,
and happens once for one idempotency key. The edge commits; actions only flush.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from hub import policy
from hub.audit.models import AuditEvent, IdempotencyKey
from hub.db.base import Base, Versioned
from hub.db.engine import Database
from hub.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from hub.identity.actor import Actor, Means, Role
from hub.identity.models import Person
from hub.notifications.models import MAILED, OutboxMessage
from hub.policy import Action

Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True, slots=True)
class Act:
    """The actor, the transaction and the instant of one act."""

    session: AsyncSession
    actor: Actor
    now: datetime
    told_once: dict[str, str] = field(default_factory=dict)
    """What the answer says this once and is kept nowhere, such as the secret of a new token."""

    @property
    def person_id(self) -> uuid.UUID:
        """The person who acts; `perform` has refused the public."""
        if self.actor.person_id is None:
            raise NotAllowed("Sign in first.")
        return self.actor.person_id

    async def see(self, model: type[Row], id: uuid.UUID, what: str) -> Row:
        """The row, if the actor sees it; NotFound in the same words whether it is hidden or missing."""
        statement = select(model).where(model.id == id)
        seen = policy.visible(model, self.actor)
        if seen is not None:
            statement = statement.where(seen)
        row = await self.session.scalar(statement)
        if row is None:
            raise NotFound(what)
        return row

    async def take(
        self, model: type[Row], id: uuid.UUID, action: Action, *, what: str, version: int | None = None
    ) -> Row:
        """The row for changing: seen, granted, locked until the act ends, and of the version expected."""
        row = await self.see(model, id, what)
        policy.require(self.actor, action, row)
        await self.session.refresh(row, with_for_update=True)
        present = getattr(row, "version", None)
        if version is not None and version != present:
            raise Conflict(
                f"Somebody changed this {what.lower()} since you read it (yours is version {version}, "
                f"it is now {present}). Reload it and try again."
            )
        return row

    async def known(self, model: type[Base], id: uuid.UUID | None, *path: str, what: str) -> uuid.UUID | None:
        """The id, if the actor sees such a row; InvalidInput at the path where not."""
        if id is None:
            return None
        try:
            await self.see(model, id, what)
        except NotFound:
            message = f"no such {what.lower()}; choose one from the list"
            raise InvalidInput([Problem(path, "UNKNOWN", message)]) from None
        return id

    async def reference(self, prefix: str, digits: int = 4) -> str:
        """The next reference of the kind, such as PRO-2026-0031."""
        value: str = await self.session.scalar(
            text("select hub.next_reference(:prefix, :year, :digits)"),
            {"prefix": prefix, "year": self.now.year, "digits": digits},
        )
        return value

    async def is_demonstration(self) -> bool:
        """Whether the actor is an invented person: what such a person makes is invented too."""
        person = await self.see(Person, self.person_id, "Person")
        return person.is_demonstration

    async def add(self, row: Base) -> None:
        """Insert the row, so that it has its id."""
        self.session.add(row)
        await self.session.flush()

    def changed(self, row: Versioned) -> None:
        """Say that the row is another version now."""
        row.version += 1

    def record(self, action: Action, subject: Base, **details: Any) -> None:
        """Write the act into the append-only record."""
        self.session.add(
            AuditEvent(
                at=self.now,
                action=action.value,
                person_id=self.person_id,
                organisation_id=self.actor.organisation_id,
                subject_type=type(subject).__name__,
                subject_id=subject.id,
                details=details,
            )
        )

    def tell(
        self,
        topic: str,
        subject: Base,
        *,
        organisation: uuid.UUID | None = None,
        role: Role | None = None,
        not_before: datetime | None = None,
        **payload: Any,
    ) -> None:
        """Put a message to an organisation's people, or to a role's, into the outbox, and the mail.

        The mail goes at once, where there is no instant before which it may not.
        """
        self.session.add(
            OutboxMessage(
                topic=topic,
                subject_type=type(subject).__name__,
                subject_id=subject.id,
                recipient_organisation_id=organisation,
                recipient_role=role.value if role else None,
                sender_id=self.person_id,
                payload=payload,
                next_attempt_at=(not_before or self.now) if topic in MAILED else None,
            )
        )


@asynccontextmanager
async def acting(database: Database, actor: Actor, now: datetime) -> AsyncIterator[Act]:
    """An act of the actor; everything in it is kept, or nothing is."""
    if actor.is_public:
        raise NotAllowed("Sign in first.")
    if actor.means is Means.READER:
        raise NotAllowed("This token only reads. Make one that writes too, or sign in.")
    async with database.writing(actor) as session:
        yield Act(session, actor, now)
        await session.flush()


Work = Callable[[Act], Awaitable[Base]]


async def once(act: Act, key: str | None, name: str, given: Mapping[str, Any], work: Work) -> uuid.UUID:
    """Do the work, or find what it made when the key was used before; the id of what it made or changed.

    The same key with another input is a Conflict. Two requests with one key wait for each other.
    """
    if key is None:
        return (await work(act)).id
    _check_key(key)
    digest = _digest(name, given)
    await act.session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"{act.person_id}:{key}"}
    )
    used = await act.session.scalar(
        select(IdempotencyKey).where(IdempotencyKey.person_id == act.person_id, IdempotencyKey.key == key)
    )
    if used is not None:
        if used.input_hash != digest:
            raise Conflict("This idempotencyKey was used for another request. Send a new one.")
        return used.subject_id
    subject = await work(act)
    act.session.add(
        IdempotencyKey(
            person_id=act.person_id, key=key, action=name, input_hash=digest, subject_id=subject.id
        )
    )
    return subject.id


async def is_used(act: Act, key: str | None) -> bool:
    """Whether the actor gave the idempotency key with a write before."""
    if key is None:
        return False
    _check_key(key)
    used = select(IdempotencyKey.id).where(
        IdempotencyKey.person_id == act.person_id, IdempotencyKey.key == key
    )
    return await act.session.scalar(used) is not None


def _check_key(key: str) -> None:
    if not (1 <= len(key) <= 100 and key.isascii() and key.isprintable()):
        message = "give 1 to 100 printable ASCII characters, such as a UUID"
        raise InvalidInput([Problem(("idempotencyKey",), "MALFORMED", message)])


def _digest(name: str, given: Mapping[str, Any]) -> bytes:
    text = json.dumps([name, given], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
