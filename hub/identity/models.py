"""People, the roles granted to them, and the tokens by which programs speak for them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    and_,
    func,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from hub.db.base import Base, Demonstrable, Timed, closed, one_of, reference_to
from hub.identity.actor import Role


class PractitionerGroup(StrEnum):
    """The practitioners from whom the RSO particularly welcomes suggestions."""

    LAW_ENFORCEMENT = "LAW_ENFORCEMENT"
    BORDER_AND_IMMIGRATION = "BORDER_AND_IMMIGRATION"
    POLICY = "POLICY"
    JUDICIAL = "JUDICIAL"
    COUNTER_TRAFFICKING_AND_MIGRATION = "COUNTER_TRAFFICKING_AND_MIGRATION"


class Person(Demonstrable, Timed, Base):
    """Somebody who acts for an organisation; the records belong to the organisation.

    Who is not confirmed holds roles that count for nothing yet; who was removed cannot sign in.
    """

    __tablename__ = "persons"
    __table_args__ = (
        one_of("practitioner_group", PractitionerGroup),
        Index("uq_persons_email", text("lower(email)"), unique=True),
        Index("ix_persons_name_id", "name", "id"),
        UniqueConstraint("id", "organisation_id"),
    )

    name: Mapped[str]
    email: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="en")
    practitioner_group: Mapped[str | None] = closed(PractitionerGroup)
    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    persona: Mapped[str | None] = mapped_column(unique=True)
    """The name by which `hub token --as` and the demonstration's sign-in know this invented person."""
    confirmed_at: Mapped[datetime | None]
    """When somebody who answers for the organisation said that the person belongs to it."""
    confirmed_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)

    grants: Mapped[list[RoleGrant]] = relationship(
        lazy="raise", foreign_keys="RoleGrant.person_id", order_by="RoleGrant.id", viewonly=True
    )


class RoleGrant(Timed, Base):
    """A role that a person holds for the organisation, from its first day to its last, both included.

    What was granted only ever becomes shorter; a longer time is another grant.
    """

    __tablename__ = "role_grants"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="period"),
        CheckConstraint("ended_at is null or ends_on is not null", name="ended_has_a_last_day"),
        ForeignKeyConstraint(
            ["person_id", "organisation_id"],
            ["hub.persons.id", "hub.persons.organisation_id"],
            name="fk_role_grants_person_of_organisation",
        ),
        UniqueConstraint("id", "organisation_id", "role"),
        ForeignKeyConstraint(
            ["handed_over_from_id", "organisation_id", "role"],
            ["hub.role_grants.id", "hub.role_grants.organisation_id", "hub.role_grants.role"],
            name="fk_role_grants_handed_over_from",
        ),
    )

    person_id: Mapped[uuid.UUID] = reference_to("persons")
    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    role: Mapped[str] = closed(Role)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    """Where it was ended at once: from then on it counts for nothing, whatever day it is."""
    granted_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    ended_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    handed_over_from_id: Mapped[uuid.UUID | None] = mapped_column(unique=True)
    """The grant of whoever held the role before and handed it over."""
    note: Mapped[str | None]


def in_force(today: date) -> ColumnElement[bool]:
    """That a grant counts on the day, as `hub.actor` has it."""
    return and_(
        RoleGrant.starts_on <= today,
        or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on >= today),
        RoleGrant.ended_at.is_(None),
    )


class TokenAccess(StrEnum):
    """What a program may do with a token, within what its person may."""

    READ = "READ"
    READ_AND_WRITE = "READ_AND_WRITE"


class ApiToken(Timed, Base):
    """A bearer token: only its SHA-256 is kept, and it ends by date or by revocation."""

    __tablename__ = "api_tokens"
    __table_args__ = (one_of("access", TokenAccess),)

    person_id: Mapped[uuid.UUID] = reference_to("persons")
    label: Mapped[str]
    access: Mapped[str] = closed(TokenAccess, server_default="READ_AND_WRITE")
    roles: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    """Of the person's roles those that count; None where all do, as they are at each moment."""
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    """To about a minute."""
    revoked_at: Mapped[datetime | None]


LISTED_FOR: Final = text("interval '30 days'")
"""How long a token that has ended stays in its person's list."""

Person.tokens = relationship(
    ApiToken,
    lazy="raise",
    viewonly=True,
    order_by=ApiToken.id,
    primaryjoin=lambda: and_(
        Person.id == foreign(ApiToken.person_id),
        func.coalesce(ApiToken.revoked_at, ApiToken.expires_at) > func.now() - LISTED_FOR,
    ),
)
"""The tokens in force, and those that ended lately."""


class LoginSession(Timed, Base):
    """A browser that a person signed in with. The cookie holds an opaque id; here is only its SHA-256.

    It ends at `ends_at`, which moves on with use but never beyond `expires_at`, or by revocation.
    """

    __tablename__ = "login_sessions"
    __table_args__ = (
        Index("ix_login_sessions_issuer_subject", "issuer", "subject"),
        Index("ix_login_sessions_issuer_sid", "issuer", "sid"),
        CheckConstraint("(issuer is null) = (subject is null)", name="issuer_with_subject"),
        CheckConstraint("ends_at <= expires_at", name="ends_in_time"),
    )

    person_id: Mapped[uuid.UUID] = reference_to("persons")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    browser: Mapped[str | None]
    """What the browser calls itself, so that the person knows it again in the list."""
    issuer: Mapped[str | None]
    """Who signed the person in; None for a persona of the demonstration."""
    subject: Mapped[str | None]
    sid: Mapped[str | None]
    """The provider's own name of the session, by which it ends it over the back channel."""
    id_token: Mapped[str | None]
    """As the provider wants it back to sign the person out there; gone once the session has ended."""
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


Person.sessions = relationship(
    LoginSession,
    lazy="raise",
    viewonly=True,
    order_by=LoginSession.id,
    primaryjoin=lambda: and_(
        Person.id == foreign(LoginSession.person_id),
        LoginSession.revoked_at.is_(None),
        LoginSession.ends_at > func.now(),
    ),
)
"""The sessions that are open now."""


class IdentityBinding(Timed, Base):
    """That an account at an OpenID Connect provider is a person. Made by accepting an invitation."""

    __tablename__ = "identity_bindings"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("person_id", "issuer"))

    person_id: Mapped[uuid.UUID] = reference_to("persons", index=False)
    issuer: Mapped[str]
    subject: Mapped[str]


class MailState(StrEnum):
    """What became of the mail with an invitation."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"


class Invitation(Demonstrable, Timed, Base):
    """That whoever proves the e-mail address may act for the organisation, in the role."""

    __tablename__ = "invitations"
    __table_args__ = (
        one_of("role", Role),
        one_of("mail_state", MailState),
        CheckConstraint("(accepted_at is null) = (accepted_by_id is null)", name="accepted_by_somebody"),
        Index(
            "uq_invitations_open",
            text("lower(email)"),
            "organisation_id",
            "role",
            unique=True,
            postgresql_where=text("accepted_at is null and withdrawn_at is null"),
        ),
        Index("ix_invitations_email_organisation_id", text("lower(email)"), "organisation_id"),
        Index("ix_invitations_organisation_id_created_at", "organisation_id", "created_at"),
        Index("ix_invitations_invited_by_id_created_at", "invited_by_id", "created_at"),
    )

    email: Mapped[str]
    organisation_id: Mapped[uuid.UUID] = reference_to("organisations", index=False)
    role: Mapped[str] = closed(Role)
    invited_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    """None where the operator invited, as somebody must the first administrator."""
    confirms: Mapped[bool] = mapped_column(server_default="true")
    """Whether who accepts is confirmed by that: whoever invited answers for the organisation.

    As it was when it was made; hub.judge_invitation asks whether it still is.
    """
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    withdrawn_at: Mapped[datetime | None]
    mail_state: Mapped[str | None] = closed(MailState)
    """None where it was made before the hub sent mail."""
    mail_state_at: Mapped[datetime | None]
    """Since when."""
    mail_not_before: Mapped[datetime | None]
    """Where the mail is queued and has to wait for the last one to be an hour old."""


spent_logout_tokens = Table(
    "spent_logout_tokens",
    Base.metadata,
    Column("issuer", Text, primary_key=True),
    Column("jti", Text, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
"""Logout tokens that were used, until they expire. Only `hub.end_sessions` touches it."""
