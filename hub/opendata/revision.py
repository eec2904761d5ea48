"""What a flow changes in the hub when an earlier export had it too. Pure: nothing is stored.

**An import acts on what the source changed, and on nothing else.** A flow is compared with what its source
said last; what people did here since stays. Entries are never changed:

- the status moved on (pledge, commitment, paid) and the amount stayed: one more entry;
- any other figure differs: each entry that stands is reversed, and the flow entered as it is now;
- title, description, organisations and year only describe: they become what the newest export says.

Refused, with the column that differs: a flow that the source has changed since (an older file would put old
amounts back), another currency or kind (a contribution has one), a status that goes back (the file is older
than what is here, or wrong), less than is allocated to initiatives, and whatever touches a contribution that
has ended or on which people recorded entries of their own: a program cannot know whether theirs and the
source's are the same money.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hub.contributions.models import Contribution, ContributionTransaction
from hub.contributions.workflow import ContributionState, Totals, TransactionType
from hub.opendata.directory import Directory
from hub.opendata.fts import Flow

LONGEST_TITLE = 120
ENDED = (ContributionState.ACKNOWLEDGED, ContributionState.CANCELLED, ContributionState.EXPIRED)
FIGURES = frozenset({"status", "originalAmount", "amountUSD", "exchangeRate", "date"})
"""The columns that entries are made of."""
_STAGES = tuple(TransactionType)

Entry = ContributionTransaction


@dataclass(frozen=True, slots=True)
class Held:
    """A flow that the hub has: its contribution, and all entries on it, oldest first."""

    contribution: Contribution
    entries: tuple[Entry, ...]

    @property
    def said_last(self) -> Entry | None:
        """What the source said last, even where somebody reversed it since."""
        return next((e for e in reversed(self.entries) if _is_imported(e)), None)

    @property
    def standing(self) -> tuple[Entry, ...]:
        """The entries that are neither reversed nor reversing."""
        undone = {e.reverses_id for e in self.entries}
        return tuple(e for e in self.entries if e.reverses_id is None and e.id not in undone)

    @property
    def totals(self) -> Totals:
        """The sums of all entries."""
        return summed((TransactionType(e.type), e.amount) for e in self.entries)


@dataclass(frozen=True, slots=True)
class Revision:
    """What is done for a flow: entries to reverse, whether it is entered anew, and the sums that follow."""

    reversed: tuple[Entry, ...]
    is_entered: bool
    totals: Totals


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a flow cannot be followed, and the column that differs."""

    field: str
    reason: str


def summed(entries: Iterable[tuple[TransactionType, Decimal]]) -> Totals:
    """The sums of entries, each a type with an amount in the contribution's currency."""
    totals = Totals()
    for type, amount in entries:
        totals = totals.plus(type, amount)
    return totals


def revise(flow: Flow, held: Held, directory: Directory) -> Revision | Refusal | None:
    """What the flow changes; None where the hub has it as the file has it."""
    outdated = _outdated(flow, held.contribution)
    if outdated is not None:
        return outdated
    changed = differences(flow, held, directory)
    if not changed:
        return None
    refusal = _refusal(flow, held, changed)
    if refusal is not None:
        return refusal
    if not FIGURES.intersection(changed):
        return Revision((), is_entered=False, totals=held.totals)
    revision = _entries(flow, held)
    if held.contribution.allocated > revision.totals.allocatable:
        return _over_allocated(held.contribution, changed[0])
    return revision


def differences(flow: Flow, held: Held, directory: Directory) -> list[str]:
    """The columns in which the flow is not what it was: kind and currency, then figures, then the rest."""
    was = held.contribution
    comparisons = {
        "contributionType": flow.kind != was.kind,
        "originalCurrency": flow.currency != was.currency,
        **_figures_that_differ(flow, held),
        "description": (title(flow), flow.description or None) != (was.title, was.description),
        "destUsageYearStart": flow.year != was.year,
        "srcOrganization": _is_another(flow.provider_name, was.provider_id, directory),
        "destOrganization": _is_another(flow.receiver_name, was.receiver_id, directory),
    }
    return [column for column, differs in comparisons.items() if differs]


def _figures_that_differ(flow: Flow, held: Held) -> dict[str, bool]:
    """Compared with what the source said last; nothing differs where what stands is the same again."""
    said, standing = held.said_last, held.standing
    if said is None:
        return {"status": True}
    if standing and _is_same(flow, standing[-1]):
        return {}
    in_dollars = flow.currency == flow.reporting_currency
    is_other_amount = flow.amount != said.amount
    return {
        "status": flow.transaction_type != said.type,
        "originalAmount": is_other_amount and not in_dollars,
        "amountUSD": flow.reporting_amount != said.reporting_amount or (is_other_amount and in_dollars),
        "exchangeRate": rate(flow) != said.rate,
        "date": flow.value_on != said.value_on,
    }


def is_newer(flow: Flow, was: Contribution) -> bool:
    """Whether the source says that it changed the flow after the day that the hub knows of."""
    known = was.source_updated_on
    return flow.updated_on is not None and (known is None or flow.updated_on > known)


def _outdated(flow: Flow, was: Contribution) -> Refusal | None:
    known = was.source_updated_on
    if known is None or flow.updated_on is None or flow.updated_on >= known:
        return None
    said = f"{was.reference} is as the source had it on {known}, and this is of {flow.updated_on}"
    return Refusal("updatedAt", f"{said}. Import the newest export.")


def _refusal(flow: Flow, held: Held, changed: list[str]) -> Refusal | None:
    """The first reason not to follow the flow."""
    was = held.contribution
    if flow.kind != was.kind:
        return _by_hand(was, "contributionType", f"is {was.kind}, and a contribution's kind does not change")
    if flow.currency != was.currency:
        return _by_hand(was, "originalCurrency", f"is in {was.currency}, and an entry in another is not kept")
    if was.state in ENDED:
        return _by_hand(was, changed[0], f"is {was.state} in the hub, and changes no more")
    if not FIGURES.intersection(changed):
        return None
    if any(not _is_imported(entry) for entry in held.standing):
        return _by_hand(was, changed[0], "has entries that people recorded in the hub")
    stages = [_STAGES.index(TransactionType(entry.type)) for entry in held.standing]
    if _STAGES.index(flow.transaction_type) < max(stages, default=0):
        reached = _STAGES[max(stages)]
        reason = f"{was.reference} has a {reached} already: the file is older than what the hub has, or wrong"
        return Refusal("status", f"{reason}. Import the newest export, or reverse that entry.")
    return None


def _by_hand(was: Contribution, field: str, why: str) -> Refusal:
    return Refusal(field, f"{was.reference} {why}. Compare it with the file, and correct it by hand.")


def _over_allocated(was: Contribution, field: str) -> Refusal:
    allocated = f"{was.currency} {was.allocated:,f} of {was.reference} is allocated to initiatives"
    return Refusal(field, f"{allocated}, more than the file leaves of it. Reduce the allocations first.")


def _entries(flow: Flow, held: Held) -> Revision:
    """One more entry where only the status moved on; else all that stands is reversed, then entered anew."""
    standing = held.standing
    moved_on = bool(standing) and flow.transaction_type != standing[-1].type
    undone = () if moved_on and flow.amount == standing[-1].amount else standing
    totals = held.totals.plus(flow.transaction_type, flow.amount)
    for entry in undone:
        totals = totals.plus(TransactionType(entry.type), -entry.amount)
    return Revision(undone, is_entered=True, totals=totals)


def _is_imported(entry: Entry) -> bool:
    return entry.import_run_id is not None and entry.reverses_id is None


def _is_same(flow: Flow, entry: Entry) -> bool:
    said = (flow.transaction_type, flow.amount, flow.reporting_amount, rate(flow), flow.value_on)
    return said == (entry.type, entry.amount, entry.reporting_amount, entry.rate, entry.value_on)


def _is_another(name: str | None, held: object, directory: Directory) -> bool:
    return not directory.knows(name) or directory.find(name) != held


# A flow in the hub's terms


def title(flow: Flow) -> str:
    """The description's beginning on one line, cut between words; the flow's number where there is none."""
    words = " ".join(flow.description.split())
    if not words:
        return f"FTS flow {flow.flow_id}"
    if len(words) <= LONGEST_TITLE:
        return words
    return words[: LONGEST_TITLE - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def rate(flow: Flow) -> Decimal | None:
    """Units of the currency for one US dollar; None where the amount is in US dollars."""
    return None if flow.currency == flow.reporting_currency else flow.rate
