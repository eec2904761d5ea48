"""What can be listened to: changes of proposals, and contributions as they are recorded."""

from enum import StrEnum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Uuid

from hub.contributions import models as contributions_models
from hub.proposals import models as proposals_models
from schema.base import over
from schema.compiler import ids
from schema.compiler.mapping import Context, argument, event
from schema.compiler.rows import Row
from schema.compiler.values import Arguments
from schema.contributions import CONTRIBUTIONS, Contribution, ContributionFilter
from schema.proposals import Proposal


@strawberry.enum(
    description="What a stream tells. CHANGED: the object, as it is now, is in the event. RESYNC: read again "
    "what you show, by a query; the stream begins here, or may have missed something."
)
class ChangeKind(StrEnum):
    CHANGED = "CHANGED"
    RESYNC = "RESYNC"


@over(None)
@strawberry.type(description="An event of `proposalChanged`.")
class ProposalChange:
    kind: ChangeKind = strawberry.field(description="Begin with the first RESYNC, and expect others.")
    proposal: Proposal | None = strawberry.field(description="As the viewer may see it; null in a RESYNC.")


@over(None)
@strawberry.type(description="An event of `contributionRecorded`.")
class ContributionChange:
    kind: ChangeKind = strawberry.field(description="Begin with the first RESYNC, and expect others.")
    contribution: Contribution | None = strawberry.field(
        description="As the viewer may see it; null in a RESYNC."
    )


def _one_proposal(row: Row, arguments: Arguments, _: Context) -> list[ColumnElement[bool]]:
    if "id" not in arguments:
        return []
    return [row.column("id") == arguments["id"].sql(Uuid(), ids.reader("id", types=("Proposal",)))]


def _filtered(row: Row, arguments: Arguments, context: Context) -> list[ColumnElement[bool]]:
    given = arguments["filter"].parts() if "filter" in arguments else {}
    return CONTRIBUTIONS.asked(row, given, context)


PARTS_OF_A_PROPOSAL: Any = (
    (proposals_models.ProposalReview, "proposal_id"),
    (proposals_models.Consultation, "proposal_id"),
)
"""What is recorded of these is told as a change of their proposal, to whoever sees both."""


@strawberry.type(
    description="What can be listened to, by whoever is signed in: over a WebSocket (graphql-transport-ws), "
    "or by accepting text/event-stream. Each event is read as the viewer may see it; what the viewer may not "
    "see is not told."
)
class Subscription:
    proposal_changed: ProposalChange = event(
        proposals_models.Proposal,
        PARTS_OF_A_PROPOSAL,
        _one_proposal,
        [argument("id", strawberry.ID | None, "This proposal alone.")],
        "Each act upon a proposal that the viewer may see. Acts soon after each other may be one event.",
    )
    contribution_recorded: ContributionChange = event(
        contributions_models.Contribution,
        (),
        _filtered,
        [argument("filter", ContributionFilter | None, "Which contributions; all conditions hold together.")],
        "Each act upon a contribution that the viewer may see: pledged, committed, received, allocated and "
        "so on. An import is a RESYNC.",
    )
