"""Inviting people to act for an organisation, mailing it again, and taking it back before it is accepted."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select, text

from hub import policy
from hub.act import Act
from hub.audit.models import AuditEvent
from hub.errors import Conflict, NotAllowed
from hub.identity.models import Invitation, MailState, Person
from hub.identity.refusing import both
from hub.organisations.models import Organisation
from hub.organisations.roles import apart_from, focal_points, refuse_apart
from hub.organisations.standing import require_inviting
from hub.policy import Action
from hub.texts import Problems

LIFE: Final = timedelta(days=14)
BETWEEN_MAILS: Final = timedelta(hours=1)
"""To one address for one organisation; hub.no_mail_before looks over all invitations of the two."""
DAY: Final = timedelta(days=1)
_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended('invitations ' || lower(:of), 0))")
_NO_MAIL_BEFORE: Final = text("select hub.no_mail_before(:email, :organisation, null)")
_OPEN: Final = (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))


async def invite(act: Act, *, email: str, organisation_id: uuid.UUID, role: str) -> Invitation:
    """Invite whoever proves the e-mail address to act for the organisation, in the role, for fourteen days.

    A mail tells the person, an hour after the last to the same address for the organisation at the earliest.
    Who is invited by somebody who may confirm, or to an organisation without a focal point, is confirmed by
    accepting; anybody else waits for the focal point, and holds a role that counts for nothing until then.
    Inviting the same again, before it is accepted, takes the place of the earlier invitation.
    """
    invitation = Invitation(organisation_id=organisation_id, role=role, invited_by_id=act.person_id)
    policy.require(act.actor, Action.PERSON_INVITE, invitation)
    problems = Problems()
    invitation.email = problems.address(email, "email") or ""
    problems.check()
    await act.known(Organisation, organisation_id, "organisationId", what="Organisation")
    await require_inviting(act, organisation_id)
    own = await act.see(Person, act.person_id, "Person")
    if own.email.lower() == invitation.email.lower():
        raise NotAllowed("Nobody invites himself. Ask a colleague who may invite, or the RSO.")
    known = await act.session.scalar(
        select(Person.id).where(func.lower(Person.email) == invitation.email.lower())
    )
    if known is not None:
        await refuse_apart(act, known, role, starts_on=act.now.date(), ends_on=None)
    await _one_at_a_time(act, invitation)
    await _replace(act, invitation)
    await _refuse_too_many(act, organisation_id)
    invitation.expires_at = act.now + LIFE
    invitation.confirms = await _answers_for(act, organisation_id)
    invitation.is_demonstration = own.is_demonstration
    await act.add(invitation)
    await _queue_mail(act, invitation)
    act.record(Action.PERSON_INVITE, invitation, role=role)
    return invitation


async def _one_at_a_time(act: Act, invitation: Invitation) -> None:
    """Let nobody else invite for the organisation, the person nowhere else, and nobody accept by the address.

    In this order; hub.accept_invitations takes the last alone.
    """
    for of in (f"for {invitation.organisation_id}", f"by {act.person_id}", invitation.email):
        await act.session.execute(_LOCK, {"of": of})


async def _replace(act: Act, invitation: Invitation) -> None:
    """Withdraw what the invitation takes the place of; Conflict where another one stands apart from it."""
    same = (
        func.lower(Invitation.email) == invitation.email.lower(),
        Invitation.organisation_id == invitation.organisation_id,
        *_OPEN,
    )
    roles = [invitation.role, *apart_from(invitation.role)]
    found = select(Invitation).where(*same, Invitation.role.in_(roles)).with_for_update()
    for earlier in await act.session.scalars(found):
        if earlier.role == invitation.role:
            earlier.withdrawn_at = act.now
        elif earlier.expires_at > act.now:
            names = both(earlier.role, invitation.role)
            raise Conflict(f"Nobody is {names} at the same time. Withdraw the other invitation first.")
    await act.session.flush()


async def _refuse_too_many(act: Act, organisation_id: uuid.UUID) -> None:
    """Each invitation is a mail to somebody: there are bounds, and who meets one is told what to do."""
    bounds = policy.invitation_bounds(act.actor)
    of_organisation = Invitation.organisation_id == organisation_id
    is_open = (*_OPEN, Invitation.expires_at > act.now)
    count = await act.session.scalar(
        select(func.count()).select_from(Invitation).where(of_organisation, *is_open)
    )
    if (count or 0) >= bounds.open_of_organisation:
        raise Conflict(
            f"{count} invitations for this organisation are open, and no more may be. Withdraw those that are"
            " not needed any more, or wait until some are accepted or end."
        )
    for condition, most, whose in (
        (of_organisation, bounds.made_for_organisation, "for this organisation"),
        (Invitation.invited_by_id == act.person_id, bounds.made_by_person, "by you"),
    ):
        earliest = await act.session.scalar(
            select(Invitation.created_at)
            .where(condition, Invitation.created_at > act.now - DAY)
            .order_by(Invitation.created_at.desc())
            .offset(most - 1)
            .limit(1)
        )
        if earliest is not None:
            raise Conflict(
                f"{most} invitations were made {whose} within 24 hours, and more may not be."
                f" Invite again after {_said(earliest + DAY)}."
            )


def _said(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


async def _answers_for(act: Act, organisation_id: uuid.UUID) -> bool:
    """Whether who accepts is confirmed by that: by whom one may confirm, or where nobody else could."""
    newcomer = Person(organisation_id=organisation_id)
    if policy.allows(act.actor, Action.PERSON_CONFIRM, newcomer):
        return True
    return await focal_points(act, organisation_id) == 0


async def resend(act: Act, *, invitation_id: uuid.UUID) -> Invitation:
    """Mail an open invitation once more, an hour after the last mail at the earliest; it ends when it did."""
    seen = await act.see(Invitation, invitation_id, "Invitation")
    await require_inviting(act, seen.organisation_id)  # before its row is locked, as whoever invites
    invitation = await act.take(Invitation, invitation_id, Action.INVITATION_RESEND, what="Invitation")
    if invitation.accepted_at is not None:
        raise Conflict("This invitation was accepted: the person signs in without it.")
    if invitation.withdrawn_at is not None or invitation.expires_at <= act.now:
        raise Conflict("This invitation is over. Invite the person again.")
    if invitation.mail_state == MailState.QUEUED:
        waits = invitation.mail_not_before
        when = (
            f"an hour after the last one, {_said(waits)}" if waits else "as soon as the mail server takes it"
        )
        raise Conflict(f"The mail is queued already. It goes out {when}.")
    if invitation.mail_state_at is not None and act.now < invitation.mail_state_at + BETWEEN_MAILS:
        raise Conflict("The last mail is not an hour old. Ask the person to look for it, or wait.")
    await _refuse_too_many_again(act)
    await _queue_mail(act, invitation)
    act.record(Action.INVITATION_RESEND, invitation)
    return invitation


async def _refuse_too_many_again(act: Act) -> None:
    """Mails again are as many as invitations at the most, in a day and by one person."""
    again = await act.session.scalar(
        select(func.count())
        .select_from(AuditEvent)
        .where(
            AuditEvent.person_id == act.person_id,
            AuditEvent.action == Action.INVITATION_RESEND.value,
            AuditEvent.at > act.now - DAY,
        )
    )
    if (again or 0) >= policy.invitation_bounds(act.actor).made_by_person:
        raise Conflict(
            f"{again} invitations were mailed again by you in 24 hours, and no more may be. Wait, or tell the"
            " people yourself: an invitation holds without its mail."
        )


async def _queue_mail(act: Act, invitation: Invitation) -> None:
    """Now, or where the last mail to the address is not an hour old, then."""
    given = {"email": invitation.email, "organisation": invitation.organisation_id}
    not_before: datetime | None = await act.session.scalar(_NO_MAIL_BEFORE, given)
    invitation.mail_state, invitation.mail_state_at = MailState.QUEUED, act.now
    invitation.mail_not_before = not_before
    act.tell(
        "PersonInvited",
        invitation,
        organisation=invitation.organisation_id,
        not_before=not_before,
        email=invitation.email,
    )


async def withdraw(act: Act, *, invitation_id: uuid.UUID) -> Invitation:
    """Take an invitation back that nobody has accepted."""
    invitation = await act.take(Invitation, invitation_id, Action.INVITATION_WITHDRAW, what="Invitation")
    if invitation.accepted_at is not None:
        raise Conflict("This invitation was accepted. End the person's role instead.")
    if invitation.withdrawn_at is None:
        invitation.withdrawn_at = act.now
        act.record(Action.INVITATION_WITHDRAW, invitation)
    return invitation
