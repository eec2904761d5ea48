"""Data of a given scale, made by the database itself: deterministic, invented, and marked so.

Scale 1 is 350 organisations, 2,000 initiatives, 100,000 contributions with two transactions each, 20,000
proposals with a revision and two reviews each. It is laid over reference and demonstration data, so that the
personas are there. What the partner among them owns is the same at every scale: a hub of ten times the
records has more partners, not one with ten times the work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows of each kind are added."""

    organisations: int
    initiatives: int
    contributions: int
    proposals: int

    @classmethod
    def of(cls, scale: int) -> Size:
        """The size of a scale; organisations do not multiply as their records do."""
        return cls(350, 2_000 * scale, 100_000 * scale, 20_000 * scale)


async def load(connection: AsyncConnection, scale: int) -> None:
    """Add the data of the scale as the owner, in the caller's transaction."""
    await add(connection, Size.of(scale))


async def add(
    connection: AsyncConnection, size: Size, progress: Callable[[float], None] = lambda _: None
) -> None:
    """Add so many rows as the owner, in the caller's transaction; `progress` hears the part done, 0 to 1."""
    counts = asdict(size)
    for number, statement in enumerate(STEPS, start=1):
        given = {name: count for name, count in counts.items() if f":{name}" in statement}
        await connection.execute(text(statement), given)
        progress(number / len(STEPS))


STEPS = (
    """
        create temporary table o on commit drop as
        select row_number() over (order by id) - 1 as n, id from (
            select uuidv7() as id from generate_series(1, :organisations)) made""",
    """
        insert into hub.organisations (id, kind, name, short_name, vetting_state, is_listed, is_demonstration)
        select id, (array['CIVIL_SOCIETY', 'ACADEMIA', 'PRIVATE_SECTOR', 'OTHER'])[1 + n % 4],
               'Benchmark organisation ' || n, 'Bench ' || n, 'VETTED', n % 10 > 0, true from o""",
    """
        insert into hub.initiatives (reference, title, summary, kind, state, scope, work_plan_year, starts_on,
            ends_on, budget_amount, budget_currency, working_group_id, lead_organisation_id, is_published,
            is_demonstration)
        select 'BEN-I-' || x, 'Benchmark initiative ' || x || ' on border management and training',
               'Summary of initiative ' || x || ', which serves as a line of the work plan in the benchmark.',
               (array['TRAINING', 'EVENT', 'WORKSHOP', 'GUIDE', 'RESEARCH'])[1 + x % 5],
               (array['PIPELINE', 'IMPLEMENTATION', 'CLOSED'])[1 + x % 3], 'REGIONAL', 2018 + x % 10,
               date '2027-06-01' + x % 3600, date '2027-08-01' + x % 3600, 1000.00 + x, 'AUD',
               (select id from hub.working_groups order by id offset x % 9 limit 1), o.id, x % 5 > 0, true
        from generate_series(0, :initiatives - 1) as x join o on o.n = x % (select count(*) from o)""",
    """
        create temporary table i on commit drop as
        select row_number() over (order by id) - 1 as n, id, lead_organisation_id, is_published
        from hub.initiatives
        where reference like 'BEN-I-%'""",
    """
        insert into hub.initiative_participants (initiative_id, organisation_id, role, is_published)
        select i.id, o.id, (array['FUNDING', 'ACCOUNTABLE', 'EXTENDING', 'IMPLEMENTING'])[1 + part],
               i.is_published
        from i cross join generate_series(0, 3) as part
        join o on o.n = (i.n * 7 + part * 31) % (select count(*) from o)""",
    """
        insert into hub.contributions (reference, title, kind, state, in_kind_state, earmarking, provider_id,
            currency, year, recorded_on, pledged, committed, received, allocated, is_published,
            is_demonstration)
        select 'BEN-C-' || x, 'Benchmark contribution ' || x, kind, state,
               case when kind = 'DIRECT_FUNDING' then null when state = 'PLEDGED' then 'OFFERED'
                    when state = 'COMMITTED' then 'ACCEPTED' else 'DELIVERED' end,
               'SOFTLY_EARMARKED', case when x % 503 = 0 and x < 100000 then p.organisation_id else o.id end,
               (array['AUD', 'USD', 'IDR', 'EUR', 'NZD'])[1 + x % 5], 2015 + x % 12,
               date '2015-01-01' + x % 4300, amount, case when state = 'PLEDGED' then 0.00 else amount end,
               case when state = 'RECEIVED' then amount else 0.00 end,
               case when state = 'PLEDGED' then 0.00 else amount end, x % 3 > 0, true
        from (select x, (array['DIRECT_FUNDING', 'IN_KIND', 'SECONDMENT'])[1 + x % 3] as kind,
                     (array['PLEDGED', 'COMMITTED', 'RECEIVED'])[1 + x % 7 % 3] as state,
                     round(100 + x % 9973 * 1.07, 2) as amount
              from generate_series(0, :contributions - 1) as x) made
        join o on o.n = made.x % (select count(*) from o)
        cross join (select organisation_id from hub.persons where persona = 'partner') p""",
    """
        create temporary table c on commit drop as
        select row_number() over (order by id) - 1 as n, id, currency, pledged, committed, received,
               recorded_on, is_published
        from hub.contributions where reference like 'BEN-C-%'""",
    """
        insert into hub.contribution_transactions
            (contribution_id, type, amount, currency, value_on, recorded_at)
        select id, type, amount, currency, recorded_on, recorded_on + interval '9 hours'
        from (select id, currency, recorded_on, 'PLEDGE' as type, pledged as amount from c
              union all select id, currency, recorded_on, 'COMMITMENT', committed from c where committed > 0
              union all select id, currency, recorded_on, 'RECEIPT', received from c where received > 0)
             entries""",
    """
        insert into hub.allocations
            (contribution_id, initiative_id, amount, currency, allocated_at, is_published, recorded_on)
        select c.id, i.id, c.committed, c.currency, c.recorded_on, c.is_published, c.recorded_on from c
        join i on i.n = c.n % (select count(*) from i) where c.committed > 0""",
    """
        insert into hub.proposals (reference, state, title, revision_number, organisation_id, created_by_id,
            submitted_at, created_at, is_demonstration)
        select 'BEN-P-' || x, state, 'Benchmark proposal ' || x, case when state = 'DRAFT' then 0 else 1 end,
               case when x % 201 = 0 and x < 20000 then p.organisation_id else o.id end, p.id,
               case when state <> 'DRAFT' then timestamptz '2024-01-01' + x * interval '1 minute' end,
               timestamptz '2024-01-01' + x * interval '1 minute', true
        from (select x, (array['DRAFT', 'SUBMITTED', 'UNDER_REVIEW', 'AWAITING_DECISION',
                               'NOT_ENDORSED'])[1 + x % 5] as state
              from generate_series(0, :proposals - 1) as x) made
        join o on o.n = made.x % (select count(*) from o)
        cross join (select id, organisation_id from hub.persons where persona = 'partner') p""",
    """
        insert into hub.proposal_revisions (proposal_id, organisation_id, number, title, summary, objectives,
            kind, scope, starts_on, ends_on, budget_amount, budget_currency, submitted_at)
        select id, organisation_id, 1, title, 'Summary of ' || title, 'Objectives of ' || title, 'TRAINING',
               'REGIONAL', date '2027-01-01', date '2027-06-30', 50000.00, 'AUD', submitted_at
        from hub.proposals where reference like 'BEN-P-%'""",
    """
        insert into hub.proposal_reviews (proposal_id, organisation_id, revision_number, reviewer_id, state,
            recommendation, comment, submitted_at)
        select p.id, p.organisation_id, 1, r.id, 'SUBMITTED', 'ENDORSE', 'A sound proposal.', p.submitted_at
        from hub.proposals p
        cross join (select id from hub.persons where persona in ('reviewer', 'analyst')) r
        where p.reference like 'BEN-P-%'
          and p.state in ('UNDER_REVIEW', 'AWAITING_DECISION', 'NOT_ENDORSED')""",
    "analyze",
)
