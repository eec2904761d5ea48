-- What somebody who runs PostGraphile adds for these questions: the sums that the limit reads too, and the
-- contributions of an initiative, which it would otherwise find by a slower join. All filtered by the policies.
create schema if not exists bench;

create or replace view bench.contribution_groups with (security_invoker = true) as
select provider_id, currency, sum(contribution_count)::integer as contribution_count, sum(pledged) as pledged,
       sum(committed) as committed, sum(received) as received
from hub.contribution_rollups where grain = 'PROVIDER' group by provider_id, currency;

create or replace view bench.contribution_totals with (security_invoker = true) as
select currency, sum(contribution_count)::integer as contribution_count, sum(pledged) as pledged,
       sum(committed) as committed, sum(received) as received
from hub.contribution_rollups where grain = 'CURRENCY' group by currency;

grant usage on schema bench to hub_app, hub_public;
grant select on all tables in schema bench to hub_app, hub_public;

create or replace function hub.initiatives_funding(i hub.initiatives) returns setof hub.contributions
language sql stable parallel safe as $$
    select c.* from hub.allocations a
    join hub.contributions c on c.id = a.contribution_id and c.currency = a.currency
    where a.initiative_id = i.id
    order by c.recorded_on desc, c.id desc
$$;
