"""What people write around an invented proposal."""

from __future__ import annotations

from hub.proposals.workflow import Choice, Recommendation

REVISION_REQUESTS = (
    "Please say which agencies have agreed to take part, and shorten the inception phase.",
    "Please explain how the budget was estimated, and what is left out if only a part of it is funded.",
    "Please add how women take part, and how results are measured.",
)
OPINIONS: dict[Recommendation, tuple[str, ...]] = {
    Recommendation.ENDORSE: (
        "Clear, realistic and in line with the work plan.",
        "The approach has worked elsewhere in the region and the costs are reasonable.",
    ),
    Recommendation.ENDORSE_WITH_CONDITIONS: (
        "Worth doing, if participants are chosen together with the Working Group.",
        "Good, provided that personal data stay with the agencies that hold them.",
    ),
    Recommendation.REVISE: (
        "The aim is right; the activities do not yet lead to it.",
        "The period is too short for what is promised.",
    ),
    Recommendation.NOT_ENDORSE: ("This repeats work that was finished last year.",),
}
CONFLICTS = (
    "My faculty would be paid for a part of this work.",
    "I advised the proposer on an earlier draft.",
)
QUESTIONS = (
    "Does this meet a need that your members have, and whom should it reach first?",
    "Is similar work under way with you, and how could the two be joined?",
)
RESPONSES = (
    "Yes: our members ask for exactly this. It should reach provincial offices first.",
    "We have started something similar on a smaller scale and would gladly join in.",
    "It is useful. Please keep the number of meetings small.",
)
GUIDANCE_REASONS = (
    "The proposal touches on a policy that Senior Officials have not discussed yet.",
    "Should work on this begin before the next Senior Officials' Meeting?",
)
GUIDANCE_ANSWERS = (
    "The subject fits the strategy. Take it up as a first step, without new commitments for members.",
    "Go on, and report at the next Senior Officials' Meeting.",
)
SPLIT = "The Co-Managers' votes are split."
"""The hub's own words when it asks the Co-Chairs."""

REASONS: dict[Choice, tuple[str, ...]] = {
    Choice.ENDORSE: (
        "It answers a request of several members and is ready to start.",
        "Good value, and the partner has shown that it can deliver.",
    ),
    Choice.ENDORSE_WITH_CONDITIONS: (
        "We support it, with a change to its first phase.",
        "The aim is shared; some safeguards are needed.",
    ),
    Choice.NOT_ENDORSE: (
        "Members' priorities for the coming year lie elsewhere.",
        "The work plan covers most of this already.",
    ),
    Choice.DEFER: (
        "Better decided once this year's evaluation is there.",
        "Funding for this field is not settled yet.",
    ),
}
CONDITIONS = (
    "A short inception report is discussed with both Co-Managers before the main phase.",
    "Participants are nominated by their governments.",
)
