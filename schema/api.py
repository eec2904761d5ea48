"""The whole contract: queries and mutations of every slice, as one schema."""

from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Text, Uuid, and_, bindparam, false
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from hub.contributions import models as contributions_models
from hub.db.base import Base
from hub.errors import InvalidInput, Problem
from hub.identity import models as identity_models
from hub.initiatives import models as initiatives_models
from hub.organisations import models as organisations_models
from hub.proposals import models as proposals_models
from schema import (  # noqa: F401 (each declares its mutations)
    contribution_mutations,
    contributions,
    engagement,
    identity,
    initiatives,
    invitations,
    organisations,
    people,
    proposal_mutations,
    proposals,
    secondments,
    vetting,
)
from schema.base import Connection, Node
from schema.compiler import ids, resolve
from schema.compiler.mapping import Context, argument, connection, group, lookup
from schema.compiler.plan import Planner
from schema.compiler.rows import Row
from schema.compiler.values import Arguments
from schema.contributions import CONTRIBUTIONS, SUMMARY_ARGUMENTS, Contribution, ContributionSummary
from schema.engagement import EXPRESSIONS_OF_INTEREST, ExpressionOfInterest
from schema.identity import Person, Viewer
from schema.initiatives import INITIATIVES, Initiative
from schema.invitations import INVITATIONS, Invitation
from schema.masking import MaskingSchema
from schema.mutating import MUTATIONS
from schema.organisations import (
    MEMBER_STATE,
    ORGANISATIONS,
    WORKING_GROUPS,
    MemberState,
    Organisation,
    Partner,
    WorkingGroup,
)
from schema.people import PEOPLE
from schema.proposals import PROPOSALS, Proposal
from schema.secondments import SECONDMENTS, Secondment
from schema.subscriptions import Subscription
from schema.vetting import VETTING_APPLICATIONS, VettingApplication


def _by_id_or(reference: str, *types: str) -> Any:
    """A lookup by `id`, or by the reference that people know."""

    def where(row: Row, arguments: Arguments, _: Context) -> ColumnElement[bool]:
        conditions: list[ColumnElement[bool]] = []
        if "id" in arguments:
            conditions.append(row.column("id") == arguments["id"].sql(Uuid(), ids.reader("id", types=types)))
        if reference in arguments:
            name = {"isoCode": "iso_code"}.get(reference, reference)
            conditions.append(row.column(name) == arguments[reference].sql(Text()))
        if len(conditions) != 1:
            message = f"give either id or {reference}"
            raise InvalidInput([Problem(("id",), "ONE_OF", message)])
        return and_(*conditions)

    return where


def _arguments(reference: str, example: str) -> list[Any]:
    return [
        argument("id", strawberry.ID | None, "The global id; or"),
        argument(reference, str | None, f"what people know it by, such as {example}."),
    ]


def _of_kind(is_state: bool) -> Any:
    def where(row: Row, _: Context) -> ColumnElement[bool]:
        kind = row.column("kind")
        return kind == MEMBER_STATE if is_state else kind != MEMBER_STATE

    return where


def _viewer(row: Row, _: Arguments, context: Context) -> ColumnElement[bool]:
    person = context.actor.person_id
    return false() if person is None else row.column("id") == bindparam("actor_person", person, Uuid)


@strawberry.type(
    description="Everything that can be read. Each answer holds what the viewer may see, and no more."
)
class Query:
    viewer: Viewer | None = lookup(
        identity_models.Person, _viewer, [], "The person signed in; null for the public."
    )
    member_states: Connection[MemberState] = connection(
        ORGANISATIONS, where=_of_kind(True), description="The Member States of the Bali Process."
    )
    partners: Connection[Partner] = connection(
        ORGANISATIONS, where=_of_kind(False), description="International organisations, observers, others."
    )
    organisation: Organisation | None = lookup(
        organisations_models.Organisation,
        _by_id_or("isoCode", "MemberState", "Partner"),
        _arguments("iso_code", "ID"),
        "One Member State or partner.",
    )
    working_groups: Connection[WorkingGroup] = connection(
        WORKING_GROUPS, description="Working groups and governance bodies of the Bali Process."
    )
    initiatives: Connection[Initiative] = connection(INITIATIVES, description="The lines of the work plan.")
    initiative: Initiative | None = lookup(
        initiatives_models.Initiative,
        _by_id_or("reference", "Initiative"),
        _arguments("reference", "RSO-2026-014"),
        "One line of the work plan.",
    )
    proposals: Connection[Proposal] = connection(PROPOSALS, description="Proposals that the viewer may see.")
    proposal: Proposal | None = lookup(
        proposals_models.Proposal,
        _by_id_or("reference", "Proposal"),
        _arguments("reference", "PRO-2026-0031"),
        "One proposal.",
    )
    expressions_of_interest: Connection[ExpressionOfInterest] = connection(
        EXPRESSIONS_OF_INTEREST, description="Expressions of interest that the viewer may see."
    )
    contributions: Connection[Contribution] = connection(
        CONTRIBUTIONS, description="Contributions that the viewer may see."
    )
    contribution: Contribution | None = lookup(
        contributions_models.Contribution,
        _by_id_or("reference", "Contribution"),
        _arguments("reference", "CON-2026-0107"),
        "One contribution.",
    )
    contribution_summary: ContributionSummary = group(
        SUMMARY_ARGUMENTS, "Contributions that the viewer may see, counted and summed by group."
    )
    secondments: Connection[Secondment] = connection(
        SECONDMENTS, description="Secondments that the viewer may see."
    )
    people: Connection[Person] = connection(PEOPLE, description="People whom the viewer may see.")
    invitations: Connection[Invitation] = connection(
        INVITATIONS, description="Invitations that the viewer may see."
    )
    vetting_applications: Connection[VettingApplication] = connection(
        VETTING_APPLICATIONS, description="Applications to be vetted that the viewer may see."
    )
    vetting_application: VettingApplication | None = lookup(
        organisations_models.VettingApplication,
        _by_id_or("reference", "VettingApplication"),
        _arguments("reference", "VET-2026-0003"),
        "One application to be vetted.",
    )
    node: Node | None = lookup(
        Base, lambda *_: false(), [argument("id", strawberry.ID, "A global id.")], "Any object by its id."
    )


Mutation = create_type(
    "Mutation", MUTATIONS, description="Everything that can be done, one named action each."
)

schema = MaskingSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[MemberState, Partner, Person],
    config=StrawberryConfig(disable_field_suggestions=True),
)
PLANNER = Planner(schema._schema)
"""Documents and plans of the whole process."""

resolve.install(schema._schema)
"""Fails at once where a field neither maps to the database nor has a resolver."""
