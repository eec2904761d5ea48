"""What a person does with his or her own sessions."""

from __future__ import annotations

import uuid

from hub.act import Act
from hub.identity.models import LoginSession
from hub.policy import Action


async def revoke_session(act: Act, *, session_id: uuid.UUID) -> LoginSession:
    """End a session of one's own. Doing it again changes nothing."""
    session = await act.take(LoginSession, session_id, Action.SESSION_REVOKE, what="Session")
    if session.revoked_at is None:
        session.revoked_at, session.id_token = act.now, None
        act.record(Action.SESSION_REVOKE, session)
    return session
