"""What a person can do with a proposal by clicking: a form for each of the API's allowed actions.

Which of them a viewer gets follows from `allowedActions` alone. Fields are named as the mutation's input
names them, after the action's slug, so that several forms stand on one page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from hub.web.operations import Operation

# What a form carries without showing it.
HIDDEN: Final = ("id", "expectedVersion", "idempotencyKey", "revision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field of an action's form. Options are (value, label, hint)."""

    name: str
    label: str
    kind: str = "textarea"
    hint: str = ""
    options: tuple[tuple[str, str, str], ...] = ()
    is_optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionForm:
    """One action: its API name, its address, its texts. The main ones move a proposal on its way."""

    name: str
    slug: str
    title: str
    button: str
    done: str
    text: str = ""
    questions: tuple[Question, ...] = ()
    is_main: bool = True
    tells_revision: bool = False
    operation: Operation = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "operation", Operation.beside(__file__, f"{self.slug}.graphql"))

    def field(self, question: Question) -> str:
        """The name of the form field: "vote.reasons"."""
        return f"{self.slug}.{question.name}"

    @property
    def fields(self) -> tuple[str, ...]:
        """What is shown and typed."""
        return tuple(self.field(question) for question in self.questions)

    @property
    def labels(self) -> dict[str, str]:
        """The labels by field."""
        return {self.field(question): question.label for question in self.questions}


VOTE_CHOICES: Final = (
    ("ENDORSE", "Endorse", "The project should enter the work plan as it is."),
    ("ENDORSE_WITH_CONDITIONS", "Endorse with conditions", "It should, if the conditions below are met."),
    ("NOT_ENDORSE", "Do not endorse", "It should not enter the work plan."),
    ("DEFER", "Defer", "It should be taken up again later."),
)
FINDINGS: Final = (
    ("TO_REVIEW", "Eligible, send to review", "Reviewers are asked for their opinions first."),
    ("TO_CONSULTATION", "Eligible, send to consultation", "Stakeholders are asked first."),
    ("TO_DECISION", "Eligible, send to the Co-Managers", "They vote on it next."),
    ("INELIGIBLE", "Not eligible", "The proposal ends here."),
)
STAGES: Final = (
    ("CONSULTATION", "Consultation", "Stakeholders are asked next."),
    ("DECISION", "Decision", "The Co-Managers vote on it next."),
)

FORMS: Final = (
    ActionForm(
        name="SUBMIT",
        slug="submit",
        title="Submit",
        button="Submit the proposal",
        done="The proposal was submitted.",
        text="Once submitted, this revision cannot be changed. The RSO’s staff take it up next.",
    ),
    ActionForm(
        name="START_SCREENING",
        slug="start-screening",
        title="Take it up",
        button="Start screening",
        done="You have taken the proposal up.",
        text="The proposer is told that you have taken it up.",
    ),
    ActionForm(
        name="SCREEN",
        slug="screen",
        title="Screen",
        button="Record the finding",
        done="The finding was recorded.",
        questions=(
            Question(name="finding", label="What did screening find?", kind="radios", options=FINDINGS),
            Question(name="reasons", label="Reasons"),
        ),
    ),
    ActionForm(
        name="VOTE",
        slug="vote",
        title="Vote",
        button="Cast the vote",
        done="The vote was recorded.",
        text="You vote for your government, once on each revision. The proposal is decided when both "
        "Co-Managers have voted on the same revision.",
        questions=(
            Question(name="choice", label="Your government’s vote", kind="radios", options=VOTE_CHOICES),
            Question(name="reasons", label="Reasons"),
            Question(
                name="conditions",
                label="Conditions",
                hint="Only where you endorse with conditions: what must be met.",
                is_optional=True,
            ),
        ),
        tells_revision=True,
    ),
    ActionForm(
        name="SEND_ON",
        slug="send-on",
        title="Send on",
        button="Send it on",
        done="The proposal was sent on.",
        questions=(Question(name="to", label="Where should it go next?", kind="radios", options=STAGES),),
    ),
    ActionForm(
        name="RESUME",
        slug="resume",
        title="Resume",
        button="Return it to its stage",
        done="The proposal is back at the stage that had asked for the revision.",
        text="The new revision goes back to the stage that had asked for it.",
    ),
    ActionForm(
        name="GIVE_GUIDANCE",
        slug="give-guidance",
        title="Give guidance",
        button="Give the guidance",
        done="The guidance was given.",
        text="The proposal then returns to its stage; a vote begins anew.",
        questions=(Question(name="answer", label="The Co-Chairs’ guidance"),),
    ),
    ActionForm(
        name="REOPEN",
        slug="reopen",
        title="Take it up again",
        button="Reopen the proposal",
        done="The proposal was taken up again.",
        text="A new round of votes begins.",
    ),
    ActionForm(
        name="ISSUE_LETTER",
        slug="issue-letter",
        title="Letter of endorsement",
        button="Issue the letter",
        done="The letter of endorsement was issued.",
        text="The proposer’s focal point then accepts the endorsement.",
    ),
    ActionForm(
        name="ACCEPT_ENDORSEMENT",
        slug="accept-endorsement",
        title="Accept the endorsement",
        button="Accept the endorsement",
        done="The endorsement was accepted.",
        text="You accept it for your organisation, its conditions included.",
    ),
    ActionForm(
        name="ENTER_WORKPLAN",
        slug="enter-workplan",
        title="Work plan",
        button="Enter it in the work plan",
        done="The proposal is now an initiative of the work plan.",
        text="It becomes an initiative in the pipeline, which the public does not see until it is published.",
    ),
    ActionForm(
        name="REQUEST_REVISION",
        slug="request-revision",
        title="Ask for a revision",
        button="Ask for the revision",
        done="The proposer was asked for a revision.",
        text="A new revision voids every vote on this one.",
        questions=(Question(name="reasons", label="What should change"),),
        is_main=False,
    ),
    ActionForm(
        name="REQUEST_GUIDANCE",
        slug="request-guidance",
        title="Ask the Co-Chairs for guidance",
        button="Ask for guidance",
        done="The Co-Chairs were asked for guidance.",
        questions=(Question(name="reason", label="What they should guide on"),),
        is_main=False,
    ),
    ActionForm(
        name="WITHDRAW",
        slug="withdraw",
        title="Withdraw",
        button="Withdraw the proposal",
        done="The proposal was withdrawn.",
        text="You cannot take this back.",
        questions=(Question(name="reason", label="Why it is withdrawn"),),
        is_main=False,
    ),
)
BY_NAME: Final = MappingProxyType({action.name: action for action in FORMS})
BY_SLUG: Final[Mapping[str, ActionForm]] = MappingProxyType({action.slug: action for action in FORMS})
