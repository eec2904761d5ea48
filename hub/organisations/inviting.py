"""Inviting people to act for an organisation, mailing it again, and taking it back before it is accepted."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select, text

from hub import policy
from hub.act import Act
from hub.errors import Conflict, NotAllowed
from hub.identity.models import Invitation, MailState, Person
from hub.organisations.models import Organisation
from hub.organisations.roles import focal_points, refuse_apart
from hub.policy import Action
from hub.texts import Problems

LIFE: Final = timedelta(days=14)
BETWEEN_MAILS: Final = timedelta(hours=1)
_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended('invitations ' || lower(:email), 0))")
"""Of one address, as hub.accept_invitations takes it: one invites, or accepts, at a time."""


async def invite(act: Act, *, email: str, organisation_id: uuid.UUID, role: str) -> Invitation:
    """Invite whoever proves the e-mail address to act for the organisation, in the role, for fourteen days.

    A mail tells the person. Who is invited by somebody who may confirm, or to an organisation without a focal
    point, is confirmed by accepting; anybody else waits for the focal point, and holds a role that counts for
    nothing until then. Inviting the same again, before it is accepted, takes the place of the earlier
    invitation.
    """
    invitation = Invitation(organisation_id=organisation_id, role=role, invited_by_id=act.person_id)
    policy.require(act.actor, Action.PERSON_INVITE, invitation)
    problems = Problems()
    invitation.email = problems.address(email, "email") or ""
    problems.check()
    await act.known(Organisation, organisation_id, "organisationId", what="Organisation")
    own = await act.see(Person, act.person_id, "Person")
    if own.email.lower() == invitation.email.lower():
        raise NotAllowed("Nobody invites himself. Ask a colleague who may invite, or the RSO.")
    known = await act.session.scalar(
        select(Person.id).where(func.lower(Person.email) == invitation.email.lower())
    )
    if known is not None:
        await refuse_apart(act, known, role, starts_on=act.now.date(), ends_on=None)
    await act.session.execute(_LOCK, {"email": invitation.email})
    earlier = await act.session.scalars(
        select(Invitation)
        .where(
            func.lower(Invitation.email) == invitation.email.lower(),
            Invitation.organisation_id == organisation_id,
            Invitation.role == role,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .with_for_update()
    )
    for replaced in earlier:
        replaced.withdrawn_at = act.now
    await act.session.flush()
    invitation.expires_at = act.now + LIFE
    invitation.confirms = await _answers_for(act, organisation_id)
    invitation.is_demonstration = own.is_demonstration
    await act.add(invitation)
    _queue_mail(act, invitation)
    act.record(Action.PERSON_INVITE, invitation, role=role)
    return invitation


async def _answers_for(act: Act, organisation_id: uuid.UUID) -> bool:
    """Whether who accepts is confirmed by that: by whom one may confirm, or where nobody else could."""
    newcomer = Person(organisation_id=organisation_id)
    if policy.allows(act.actor, Action.PERSON_CONFIRM, newcomer):
        return True
    return await focal_points(act, organisation_id) == 0


async def resend(act: Act, *, invitation_id: uuid.UUID) -> Invitation:
    """Mail an open invitation once more, an hour after the last mail at the earliest; it ends when it did."""
    invitation = await act.take(Invitation, invitation_id, Action.INVITATION_RESEND, what="Invitation")
    if invitation.accepted_at is not None:
        raise Conflict("This invitation was accepted: the person signs in without it.")
    if invitation.withdrawn_at is not None or invitation.expires_at <= act.now:
        raise Conflict("This invitation is over. Invite the person again.")
    if invitation.mail_state == MailState.QUEUED:
        raise Conflict("The mail is queued already. It goes out as soon as the mail server takes it.")
    if invitation.mail_state_at is not None and act.now < invitation.mail_state_at + BETWEEN_MAILS:
        raise Conflict("The last mail is not an hour old. Ask the person to look for it, or wait.")
    _queue_mail(act, invitation)
    act.record(Action.INVITATION_RESEND, invitation)
    return invitation


def _queue_mail(act: Act, invitation: Invitation) -> None:
    invitation.mail_state, invitation.mail_state_at = MailState.QUEUED, act.now
    act.tell("PersonInvited", invitation, organisation=invitation.organisation_id, email=invitation.email)


async def withdraw(act: Act, *, invitation_id: uuid.UUID) -> Invitation:
    """Take an invitation back that nobody has accepted."""
    invitation = await act.take(Invitation, invitation_id, Action.INVITATION_WITHDRAW, what="Invitation")
    if invitation.accepted_at is not None:
        raise Conflict("This invitation was accepted. End the person's role instead.")
    if invitation.withdrawn_at is None:
        invitation.withdrawn_at = act.now
        act.record(Action.INVITATION_WITHDRAW, invitation)
    return invitation
