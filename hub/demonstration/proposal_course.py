"""One invented proposal on its way, moved by the same transition table as a real one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from hub.demonstration import proposal_texts as texts
from hub.demonstration.people import REVIEWERS, STAKEHOLDERS
from hub.demonstration.rows import Values, World
from hub.identity.actor import Role
from hub.proposals.models import (
    Consultation,
    Decision,
    Guidance,
    Proposal,
    ProposalReview,
    ProposalRevision,
    Vote,
)
from hub.proposals.workflow import (
    Choice,
    Event,
    ProposalState,
    Recommendation,
    ReviewState,
    event_of,
    joint_outcome,
    next_state,
    stage_to_return_to,
)

SEATS = ("AU", "ID")


@dataclass(frozen=True, slots=True)
class Content:
    """What the proposal says; `objectives` by revision, the last for all later ones."""

    title: str
    columns: Mapping[str, Any]
    objectives: tuple[str, ...]


class Course:
    """A proposal from its draft on. Each step happens at the moment that was set by `at`."""

    def __init__(
        self, world: World, organisation: str, content: Content, began_at: datetime, chance: Random
    ) -> None:
        self.world, self.organisation, self.content, self.chance = world, organisation, content, chance
        self.now = began_at
        self.state = ProposalState.DRAFT
        self.working: Values | None = None
        self.reviews: list[Values] = []
        self.unanswered: list[tuple[str, Values]] = []
        self.guidance: Values | None = None
        self.votes: list[Values] = []
        self.row = world.rows.add(
            Proposal,
            self.now,
            reference=world.references.next("PRO", self.now.year),
            title=content.title,
            revision_number=0,
            voting_round=1,
            returns_to=None,
            organisation_id=world.organisation(organisation),
            created_by_id=world.person(Role.PARTNER, organisation),
        )
        self.revise()

    def at(self, moment: datetime) -> None:
        """Let the next step happen at the moment."""
        self.now = self.row["updated_at"] = moment

    def finish(self) -> Values:
        """Write down where the proposal stands."""
        self.row["state"] = self.state.value
        return self.row

    def _advance(self, event: Event) -> None:
        before, came_from = self.state, self.row["returns_to"]
        self.state = next_state(before, event, returns_to=ProposalState(came_from) if came_from else None)
        if event in (Event.REQUEST_REVISION, Event.REQUEST_GUIDANCE):
            self.row["returns_to"] = stage_to_return_to(before).value
        elif event in (Event.RETURN_TO_STAGE, Event.GIVE_GUIDANCE):
            self.row["returns_to"] = None
        self.row["version"] += 1

    def _add(self, model: type[Any], **values: Any) -> Values:
        own = {"proposal_id": self.row["id"], "organisation_id": self.row["organisation_id"]}
        return self.world.rows.add(model, self.now, **own, **values)

    def _person(self, role: Role, organisation: str) -> uuid.UUID:
        return self.world.person(role, organisation)

    # The proposer's steps

    def revise(self) -> None:
        """Start a working revision; the second also says how results are measured."""
        number = self.row["revision_number"] + 1
        objectives = self.content.objectives[min(number, len(self.content.objectives)) - 1]
        self.working = self._add(
            ProposalRevision,
            number=number,
            title=self.content.title,
            objectives=objectives,
            submitted_at=None,
            **self.content.columns,
        )
        if number > 1:
            self.row["version"] += 1

    def submit(self) -> None:
        """Submit the draft, or the revision that was asked for."""
        resubmits = self.state is ProposalState.REVISION_REQUESTED
        if self.working is None:
            self.revise()
        revision = self.working or {}
        self._advance(Event.RESUBMIT if resubmits else Event.SUBMIT)
        revision["submitted_at"] = revision["updated_at"] = self.now
        revision["submitted_by_id"] = self._person(Role.FOCAL_POINT, self.organisation)
        self.row["revision_number"] = revision["number"]
        self.row["submitted_at"] = self.row.get("submitted_at") or self.now
        self.working = None

    def withdraw(self) -> None:
        """Take the proposal back."""
        self._advance(Event.WITHDRAW)

    def accept(self) -> None:
        """Accept the letter of endorsement."""
        self._advance(Event.ACCEPT)

    # The RSO's steps

    def screen(self) -> None:
        """Take the submitted proposal up."""
        self._advance(Event.START_SCREENING)

    def find_ineligible(self) -> None:
        """End the proposal at screening."""
        self._advance(Event.FIND_INELIGIBLE)

    def send_to_review(self) -> None:
        """Ask two reviewers, neither of them of the proposing organisation."""
        self._advance(Event.SEND_TO_REVIEW)
        others = [key for key in REVIEWERS if key != self.organisation]
        for key in self.chance.sample(others, k=2):
            review = self._add(
                ProposalReview,
                revision_number=self.row["revision_number"],
                reviewer_id=self._person(Role.REVIEWER, key),
                state=ReviewState.ASSIGNED.value,
            )
            self.reviews.append(review)
            self.row["version"] += 1

    def send_to_consultation(self) -> None:
        """Ask two stakeholders."""
        self._advance(Event.SEND_TO_CONSULTATION)
        others = [key for key in STAKEHOLDERS if key != self.organisation]
        for key in self.chance.sample(others, k=2):
            consultation = self._add(
                Consultation,
                revision_number=self.row["revision_number"],
                consulted_id=self.world.organisation(key),
                question=self.chance.choice(texts.QUESTIONS),
            )
            self.unanswered.append((key, consultation))
            self.row["version"] += 1

    def send_to_decision(self) -> None:
        """Put the proposal to the vote."""
        self._advance(Event.SEND_TO_DECISION)

    def request_revision(self) -> None:
        """Ask the proposer to change something."""
        self._advance(Event.REQUEST_REVISION)
        self.row["revision_request"] = self.chance.choice(texts.REVISION_REQUESTS)

    def resume(self) -> None:
        """Return to the stage that asked."""
        self._advance(Event.RETURN_TO_STAGE)
        self.row["revision_request"] = None

    def issue_letter(self) -> None:
        """Send the letter of endorsement."""
        self._advance(Event.ISSUE_LETTER)

    def enter_workplan(self) -> None:
        """Become an initiative."""
        self._advance(Event.ENTER_WORKPLAN)

    # Opinions

    def review(self, recommendation: Recommendation = Recommendation.ENDORSE) -> None:
        """Let the next reviewer who owes an opinion give it."""
        owed = next(review for review in self.reviews if review["state"] == ReviewState.ASSIGNED)
        owed |= {
            "state": ReviewState.SUBMITTED.value,
            "recommendation": recommendation.value,
            "comment": self.chance.choice(texts.OPINIONS[recommendation]),
            "submitted_at": self.now,
            "updated_at": self.now,
        }

    def step_back(self) -> None:
        """Let the next reviewer declare a conflict of interest."""
        owed = next(review for review in self.reviews if review["state"] == ReviewState.ASSIGNED)
        owed |= {
            "state": ReviewState.CONFLICTED.value,
            "conflict": self.chance.choice(texts.CONFLICTS),
            "updated_at": self.now,
        }

    def respond(self) -> None:
        """Let the next stakeholder answer."""
        key, asked = self.unanswered.pop(0)
        asked |= {
            "response": self.chance.choice(texts.RESPONSES),
            "responded_at": self.now,
            "responded_by_id": self._person(Role.STAKEHOLDER, key),
            "updated_at": self.now,
        }

    def ask_guidance(self) -> None:
        """Ask the Co-Chairs, as a Co-Manager."""
        self._advance(Event.REQUEST_GUIDANCE)
        asker = self._person(Role.CO_MANAGER, self.chance.choice(SEATS))
        self._ask_co_chairs(self.chance.choice(texts.GUIDANCE_REASONS), asker)

    def _ask_co_chairs(self, reason: str, asker: uuid.UUID | None) -> None:
        self.guidance = self._add(
            Guidance,
            revision_number=self.row["revision_number"],
            reason=reason,
            requested_by_id=asker,
        )

    def give_guidance(self) -> None:
        """Answer as a Co-Chair; a vote begins anew."""
        self._advance(Event.GIVE_GUIDANCE)
        if self.guidance is None:
            raise LookupError("nobody asked for guidance")
        self.guidance |= {
            "answer": self.chance.choice(texts.GUIDANCE_ANSWERS),
            "given_at": self.now,
            "given_by_id": self._person(Role.CO_CHAIR, self.chance.choice(SEATS)),
            "updated_at": self.now,
        }
        self.row["voting_round"] += 1

    # The decision

    def vote(self, seat: str, choice: Choice = Choice.ENDORSE) -> None:
        """Vote for a government; the second vote decides."""
        conditional = choice is Choice.ENDORSE_WITH_CONDITIONS
        vote = self._add(
            Vote,
            revision_number=self.row["revision_number"],
            voting_round=self.row["voting_round"],
            seat_id=self.world.organisation(seat),
            person_id=self._person(Role.CO_MANAGER, seat),
            choice=choice.value,
            reasons=self.chance.choice(texts.REASONS[choice]),
            conditions=self.chance.choice(texts.CONDITIONS) if conditional else None,
        )
        self.votes.append(vote)
        counted = [cast for cast in self.votes if self._is_in_force(cast)]
        if len(counted) == len(SEATS):
            self._decide(counted)
        else:
            self.row["version"] += 1

    def _is_in_force(self, vote: Values) -> bool:
        return all(vote[name] == self.row[name] for name in ("revision_number", "voting_round"))

    def _decide(self, votes: list[Values]) -> None:
        outcome = joint_outcome([Choice(vote["choice"]) for vote in votes])
        if outcome is None:
            self._advance(Event.REQUEST_GUIDANCE)
            self._ask_co_chairs(texts.SPLIT, None)
            return
        self._advance(event_of(outcome))
        self.row["decided_at"] = self.now
        conditions = "\n\n".join(vote["conditions"] for vote in votes if vote["conditions"])
        self._add(
            Decision,
            revision_number=self.row["revision_number"],
            voting_round=self.row["voting_round"],
            outcome=outcome.value,
            conditions=conditions or None,
            reasons="\n\n".join(vote["reasons"] for vote in votes),
            decided_at=self.now,
        )

    def reopen(self) -> None:
        """Take a deferred proposal up again."""
        self._advance(Event.REOPEN)
        self.row["voting_round"] += 1
        self.row["decided_at"] = None
