-- Functions that the hub's row-level security and its application call.
-- `hub migrate` replaces them at every run. Each SECURITY DEFINER function here is on the allow-list of
-- tests/contract/test_database_security.py, with the reason why it may see more than its caller.

create or replace function hub.person() returns uuid
language sql stable parallel safe
return nullif(current_setting('hub.person', true), '')::uuid;

create or replace function hub.organisation() returns uuid
language sql stable parallel safe
return nullif(current_setting('hub.organisation', true), '')::uuid;

create or replace function hub.has_role(variadic wanted text[]) returns boolean
language sql stable parallel safe
return coalesce(string_to_array(nullif(current_setting('hub.roles', true), ''), ',') && wanted, false);

-- At which revision the database is, for whoever asks whether the hub is ready.
create or replace function hub.revision() returns text
language sql stable security definer set search_path = ''
begin atomic
    select version_num from hub.alembic_version;
end;

-- The initiatives that the actor's organisation leads or takes part in: the policies of initiatives and of
-- their participants would otherwise ask each other without end.
create or replace function hub.own_initiatives() returns setof uuid
language sql stable security definer set search_path = '' parallel safe rows 20
begin atomic
    select id from hub.initiatives where lead_organisation_id = hub.organisation()
    union
    select initiative_id from hub.initiative_participants where organisation_id = hub.organisation();
end;

-- Text search: `@@` is not leakproof, so beneath row-level security it could not use its index. Each returns
-- ids only, to be joined to the filtered table.
create or replace function hub.search_initiatives(words text) returns setof uuid
language sql stable security definer set search_path = '' parallel safe rows 20
begin atomic
    select id from hub.initiatives
    where search @@ (websearch_to_tsquery('pg_catalog.english'::regconfig, words)
                     || websearch_to_tsquery('pg_catalog.simple'::regconfig, words));
end;

create or replace function hub.search_proposals(words text) returns setof uuid
language sql stable security definer set search_path = '' parallel safe rows 20
begin atomic
    select id from hub.proposals
    where search @@ (websearch_to_tsquery('pg_catalog.english'::regconfig, words)
                     || websearch_to_tsquery('pg_catalog.simple'::regconfig, words));
end;

create or replace function hub.search_contributions(words text) returns setof uuid
language sql stable security definer set search_path = '' parallel safe rows 20
begin atomic
    select id from hub.contributions
    where search @@ (websearch_to_tsquery('pg_catalog.english'::regconfig, words)
                     || websearch_to_tsquery('pg_catalog.simple'::regconfig, words));
end;

-- Who a bearer token speaks for, before there is an identity to filter by. No row for a token that is unknown,
-- expired or revoked.
create or replace function hub.authenticate(hash bytea)
returns table (person_id uuid, organisation_id uuid, name text, roles text[], is_demonstration boolean)
language sql stable security definer set search_path = ''
begin atomic
    select p.id, p.organisation_id, p.name,
           coalesce(array_agg(distinct g.role::text) filter (where g.id is not null), '{}'),
           p.is_demonstration
    from hub.api_tokens t
    join hub.persons p on p.id = t.person_id
    left join hub.role_grants g on g.person_id = p.id
        and g.starts_on <= current_date and (g.ends_on is null or g.ends_on >= current_date)
    where t.token_hash = hash and t.revoked_at is null and t.expires_at > now()
    group by p.id;
end;

-- The invented people of a demonstration, for its sign-in page. Real people are never in it.
create or replace function hub.demonstration_personas()
returns table (persona text, person_id uuid, name text, organisation_id uuid, organisation text, roles text[])
language sql stable security definer set search_path = ''
begin atomic
    select p.persona, p.id, p.name, o.id, o.short_name,
           coalesce(array_agg(distinct g.role::text) filter (where g.id is not null), '{}')
    from hub.persons p
    join hub.organisations o on o.id = p.organisation_id
    left join hub.role_grants g on g.person_id = p.id
        and g.starts_on <= current_date and (g.ends_on is null or g.ends_on >= current_date)
    where p.is_demonstration and p.persona is not null
    group by p.id, o.id
    order by p.persona;
end;

-- The next references of a kind and year, such as PRO-2026-0031, in order; none for a count below one. A
-- number is never given twice. One change of the counter whatever the count: a row that one transaction
-- changes a thousand times gets slower each time. Only imports need many, and they run as the owner.
create or replace function hub.next_references(prefix text, year integer, digits integer, count integer)
returns setof text
language sql volatile security definer set search_path = ''
begin atomic
    with advanced as (
        insert into hub.reference_counters as counter (prefix, year, last) select $1, $2, $4 where $4 > 0
        on conflict (prefix, year) do update set last = counter.last + $4
        returning counter.last
    )
    select $1 || '-' || $2 || '-' || lpad(number::text, greatest($3, length(number::text)), '0')
    from advanced, generate_series(advanced.last - $4 + 1, advanced.last) number
    order by number;
end;

create or replace function hub.next_reference(prefix text, year integer, digits integer) returns text
language sql volatile security definer set search_path = ''
return (select reference from hub.next_references($1, $2, $3, 1) reference);

-- The organisations whose Co-Managers' votes are needed.
create or replace function hub.deciding_seats() returns setof uuid
language sql stable security definer set search_path = '' parallel safe rows 20
begin atomic
    select id from hub.organisations where decides;
end;

-- What was submitted stays as it was, whoever asks.
create or replace function hub.keep_submitted_revision() returns trigger
language plpgsql set search_path = '' as $$
begin
    if old.submitted_at is not null then
        raise exception 'revision % of proposal % was submitted and does not change', old.number, old.proposal_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create or replace trigger keep_submitted before update on hub.proposal_revisions
for each row execute function hub.keep_submitted_revision();

-- Sums of contributions, kept beside them: see ContributionRollup. Each statement that changes contributions
-- adds parts for what they are now and takes off what they were, in its own transaction: a part that is rolled
-- back was never there. Parts are added, never changed, so that writers neither wait nor lock each other out.
create or replace function hub.roll_up_contributions() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    execute format($parts$
        insert into hub.contribution_rollups (grain, currency, is_published, year, kind, state, provider_id,
            contribution_count, pledged, committed, received, allocated)
        select case when grouping(kind) = 0 then 'TRAITS'
                    when grouping(provider_id, year) = 0 then 'PROVIDER_YEAR'
                    when grouping(provider_id) = 0 then 'PROVIDER'
                    else 'CURRENCY' end,
               currency, is_published, year, kind, state, provider_id, sum(sign), sum(sign * pledged),
               sum(sign * committed), sum(sign * received), sum(sign * allocated)
        from (%s) changed
        group by grouping sets ((currency, is_published), (currency, is_published, year, kind, state),
                                (currency, is_published, provider_id),
                                (currency, is_published, provider_id, year))
        having sum(sign) <> 0 or sum(sign * pledged) <> 0 or sum(sign * committed) <> 0
            or sum(sign * received) <> 0 or sum(sign * allocated) <> 0
        $parts$,
        case tg_op when 'INSERT' then 'select 1 as sign, * from now_there'
                   when 'DELETE' then 'select -1 as sign, * from no_more'
                   else 'select 1 as sign, * from now_there union all select -1, * from no_more' end);
    if random() < 1.0 / 64 then -- often enough that a key has few parts, too rare to be felt
        perform hub.gather_contribution_rollups();
    end if;
    return null;
end $$;

create or replace trigger roll_up_inserted after insert on hub.contributions
referencing new table as now_there for each statement execute function hub.roll_up_contributions();
create or replace trigger roll_up_updated after update on hub.contributions
referencing old table as no_more new table as now_there
for each statement execute function hub.roll_up_contributions();
create or replace trigger roll_up_deleted after delete on hub.contributions
referencing old table as no_more for each statement execute function hub.roll_up_contributions();

-- Makes one part of all the parts of a key, where nobody else is about it. One statement, so that every reader
-- sees either the many or the one.
create or replace function hub.gather_contribution_rollups() returns void
language plpgsql security definer set search_path = '' as $$
begin
    if not pg_try_advisory_xact_lock(7205014) then
        return;
    end if;
    with crowded as (
        select unnest(array_agg(id)) as id from hub.contribution_rollups
        group by grain, currency, is_published, year, kind, state, provider_id
        having count(*) > 1
    ), gone as (
        delete from hub.contribution_rollups part using crowded where part.id = crowded.id returning part.*
    )
    insert into hub.contribution_rollups (grain, currency, is_published, year, kind, state, provider_id,
        contribution_count, pledged, committed, received, allocated)
    select grain, currency, is_published, year, kind, state, provider_id, sum(contribution_count),
           sum(pledged), sum(committed), sum(received), sum(allocated)
    from gone
    group by grain, currency, is_published, year, kind, state, provider_id
    having sum(contribution_count) <> 0 or sum(pledged) <> 0 or sum(committed) <> 0 or sum(received) <> 0
        or sum(allocated) <> 0;
end $$;

revoke execute on all functions in schema hub from public;
grant execute on all functions in schema hub to hub_app, hub_public;
revoke execute on function hub.authenticate(bytea), hub.demonstration_personas(),
    hub.next_reference(text, integer, integer) from hub_public;
revoke execute on function hub.next_references(text, integer, integer, integer),
    hub.roll_up_contributions(), hub.gather_contribution_rollups() from hub_app, hub_public;
