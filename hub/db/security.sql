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

-- The roles that the actor holds or held: the policy of roles cannot ask the table that it guards.
create or replace function hub.own_grants() returns setof uuid
language sql stable security definer set search_path = '' parallel safe rows 5
begin atomic
    select id from hub.role_grants where person_id = hub.person();
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

-- A person as an actor, with the roles that are in force today: none before somebody has confirmed the person, and
-- no actor for somebody who was removed. The functions that sign somebody in call it.
create or replace function hub.actor(wanted uuid)
returns table (person_id uuid, organisation_id uuid, name text, roles text[], is_demonstration boolean)
language sql stable security definer set search_path = '' rows 1
begin atomic
    select p.id, p.organisation_id, p.name,
           coalesce(array_agg(distinct g.role::text) filter (where g.id is not null), '{}'),
           p.is_demonstration
    from hub.persons p
    left join hub.role_grants g on g.person_id = p.id and p.confirmed_at is not null and g.ended_at is null
        and g.starts_on <= current_date and (g.ends_on is null or g.ends_on >= current_date)
    where p.id = wanted and p.removed_at is null
    group by p.id;
end;

-- Who a bearer token speaks for, before there is an identity to filter by, with no role that the token leaves out;
-- whether it only reads, and whether its last minute of use is noted. No row for a token that is unknown, expired
-- or revoked.
create or replace function hub.authenticate(hash bytea)
returns table (person_id uuid, organisation_id uuid, name text, roles text[], is_demonstration boolean,
               is_read_only boolean, is_noted boolean)
language sql stable security definer set search_path = '' rows 1
begin atomic
    select a.person_id, a.organisation_id, a.name,
           case when t.roles is null then a.roles
                else array(select unnest(a.roles) intersect select unnest(t.roles)) end,
           a.is_demonstration, t.access = 'READ',
           coalesce(t.last_used_at > now() - interval '1 minute', false)
    from hub.api_tokens t cross join lateral hub.actor(t.person_id) a
    where t.token_hash = hash and t.revoked_at is null and t.expires_at > now();
end;

-- That a token is in use, to about a minute.
create or replace function hub.note_token_use(hash bytea) returns void
language sql volatile security definer set search_path = ''
begin atomic
    update hub.api_tokens t set last_used_at = now()
    where t.token_hash = hash and t.revoked_at is null and t.expires_at > now()
        and (t.last_used_at is null or t.last_used_at <= now() - interval '1 minute');
end;

-- Who a browser's session speaks for, and whether its last minute of use is noted. No row for one that is unknown,
-- has ended or was revoked.
create or replace function hub.authenticate_session(hash bytea)
returns table (session_id uuid, person_id uuid, organisation_id uuid, name text, roles text[],
               is_demonstration boolean, is_noted boolean)
language sql stable security definer set search_path = '' rows 1
begin atomic
    select s.id, a.person_id, a.organisation_id, a.name, a.roles, a.is_demonstration,
           s.last_seen_at > now() - interval '1 minute'
    from hub.login_sessions s cross join lateral hub.actor(s.person_id) a
    where s.token_hash = hash and s.revoked_at is null and s.ends_at > now();
end;

-- That a session is in use: its end moves on, as far as it may.
create or replace function hub.note_session_use(hash bytea, idle interval) returns void
language sql volatile security definer set search_path = ''
begin atomic
    update hub.login_sessions s set last_seen_at = now(), ends_at = least(s.expires_at, now() + idle)
    where s.token_hash = hash and s.revoked_at is null and s.ends_at > now()
        and s.last_seen_at <= now() - interval '1 minute';
end;

-- Who an account at an OpenID Connect provider is. No row where it is bound to nobody.
create or replace function hub.authenticate_identity(issuer text, subject text)
returns table (person_id uuid, organisation_id uuid, name text, roles text[], is_demonstration boolean)
language sql stable security definer set search_path = '' rows 1
begin atomic
    select a.person_id, a.organisation_id, a.name, a.roles, a.is_demonstration
    from hub.identity_bindings b cross join lateral hub.actor(b.person_id) a
    where b.issuer = $1 and b.subject = $2;
end;

-- Accept what the e-mail address, which the provider has verified, is invited to: make the person where there is
-- none, bind the account to the person, grant the roles. Gives the person that the account is bound to now.
-- Who is invited by somebody who answers for the organisation, now as well as then, is confirmed by that; anybody else
-- waits. Who was removed comes back by a later invitation only, to be confirmed anew.
-- Left open are invitations by oneself, to another organisation than one's own, and to an address whose person
-- signs in with another account of the same provider. So are, and the record says it once there is a person: those to
-- a role that stands apart from one that the person holds or will hold (APART); and those of somebody who may no
-- longer invite so (LAPSED): whoever still may invites anew.
create or replace function hub.accept_invitations(account_issuer text, account_subject text, verified_email text,
                                                  display_name text) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
    invitation hub.invitations;
    person hub.persons;
    bound uuid;
    judged record;
    obstacle text;
begin
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('invitations ' || lower(verified_email), 0));
    select b.person_id into bound from hub.identity_bindings b
    where b.issuer = account_issuer and b.subject = account_subject;
    for invitation in
        select i.* from hub.invitations i
        where lower(i.email) = lower(verified_email) and i.accepted_at is null and i.withdrawn_at is null
            and i.expires_at > now()
        order by i.id for update
    loop
        continue when invitation.organisation_id <> (
            select p.organisation_id from hub.persons p
            where case when bound is null then lower(p.email) = lower(verified_email) else p.id = bound end);
        -- as whoever changes who acts for the organisation; what follows is read after it
        perform pg_catalog.pg_advisory_xact_lock(
            pg_catalog.hashtextextended('people of ' || invitation.organisation_id, 0));
        select p.* into person from hub.persons p
        where case when bound is null then lower(p.email) = lower(verified_email) else p.id = bound end;
        continue when person.id = invitation.invited_by_id
            or person.is_demonstration <> invitation.is_demonstration
            or invitation.created_at <= person.removed_at
            or (bound is null and exists (select from hub.identity_bindings b
                                          where b.person_id = person.id and b.issuer = account_issuer));
        select * into judged from hub.judge_invitation(invitation.id);
        obstacle := case
            when not judged.is_given then 'LAPSED'
            when exists (
                select from hub.role_grants g
                where g.person_id = person.id and g.role = any (hub.apart(invitation.role)) and g.ended_at is null
                    and (g.ends_on is null or g.ends_on >= current_date)) then 'APART'
        end;
        if obstacle is not null then
            insert into hub.audit_events (at, action, person_id, organisation_id, subject_type, subject_id, details)
            select now(), 'invitation:set-aside', person.id, person.organisation_id, 'Invitation', invitation.id,
                   pg_catalog.jsonb_build_object('role', invitation.role, 'reason', obstacle)
            where person.id is not null and not exists (
                select from hub.audit_events e
                where e.subject_id = invitation.id and e.action = 'invitation:set-aside');
            continue;
        end if;
        if person.id is null then
            insert into hub.persons (name, email, organisation_id, is_demonstration)
            values (display_name, verified_email, invitation.organisation_id, invitation.is_demonstration)
            returning * into person; -- and confirmed below, where the invitation does
        end if;
        if bound is null then
            insert into hub.identity_bindings (person_id, issuer, subject)
            values (person.id, account_issuer, account_subject) returning person_id into bound;
        end if;
        if person.removed_at is not null then
            update hub.persons set removed_at = null, removed_by_id = null, confirmed_at = null,
                confirmed_by_id = null, updated_at = now()
            where id = person.id;
        end if;
        if judged.confirms then
            update hub.persons set confirmed_at = now(), confirmed_by_id = invitation.invited_by_id,
                updated_at = now()
            where id = person.id and confirmed_at is null;
        end if;
        insert into hub.role_grants (person_id, organisation_id, role, starts_on, granted_by_id)
        select person.id, person.organisation_id, invitation.role, current_date, invitation.invited_by_id
        where not exists (
            select from hub.role_grants g where g.person_id = person.id and g.role = invitation.role
                and g.ended_at is null and g.starts_on <= current_date and (g.ends_on is null or g.ends_on >= current_date));
        update hub.invitations set accepted_at = now(), accepted_by_id = person.id, updated_at = now()
        where id = invitation.id;
        insert into hub.audit_events (at, action, person_id, organisation_id, subject_type, subject_id, details)
        values (now(), 'invitation:accept', person.id, person.organisation_id, 'Invitation', invitation.id,
                pg_catalog.jsonb_build_object('role', invitation.role, 'issuer', account_issuer));
    end loop;
    return bound;
end $$;

-- End the sessions that a provider's logout token names, by its session or by its subject. Null where the token
-- was used before.
create or replace function hub.end_sessions(token_issuer text, token_sid text, token_subject text, token_jti text,
                                            token_expires_at timestamptz) returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
    ended integer;
begin
    delete from hub.spent_logout_tokens t where t.expires_at < now();
    insert into hub.spent_logout_tokens (issuer, jti, expires_at)
    values (token_issuer, token_jti, token_expires_at) on conflict do nothing;
    if not found then
        return null;
    end if;
    update hub.login_sessions s set revoked_at = now(), updated_at = now(), id_token = null
    where s.issuer = token_issuer and s.revoked_at is null
        and (token_sid is null or s.sid = token_sid)
        and (token_subject is null or s.subject = token_subject)
        and coalesce(token_sid, token_subject) is not null;
    get diagnostics ended = row_count;
    return ended;
end $$;

-- What has ended goes: sessions after thirty days, tokens and invitations that nobody accepted after a year, spent
-- logout tokens when they expire. The record of writes names them by their ids, and stays. So do messages about an
-- invitation, which hold the invited address, and may hold it once more in what the mail server said: with their
-- invitation, and a year after the last was done for them. How many rows; null where somebody else is about it.
create or replace function hub.purge() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
    gone integer;
    messages integer;
begin
    if not pg_try_advisory_xact_lock(7205015) then
        return null;
    end if;
    with sessions as (
        delete from hub.login_sessions where least(revoked_at, ends_at) < now() - interval '30 days' returning 1
    ), tokens as (
        delete from hub.api_tokens where least(revoked_at, expires_at) < now() - interval '1 year' returning 1
    ), invitations as (
        delete from hub.invitations
        where accepted_at is null and least(withdrawn_at, expires_at) < now() - interval '1 year' returning 1
    ), spent as (
        delete from hub.spent_logout_tokens where expires_at < now() returning 1
    )
    select (select count(*) from sessions) + (select count(*) from tokens)
         + (select count(*) from invitations) + (select count(*) from spent) into gone;
    delete from hub.outbox_messages m
    where m.subject_type = 'Invitation'
        and (not exists (select from hub.invitations i where i.id = m.subject_id)
             or (m.next_attempt_at is null and m.updated_at < now() - interval '1 year'));
    get diagnostics messages = row_count;
    return gone + messages;
end $$;

-- Files. What the actor's organisation keeps, and what of it is attached to nothing: with what is on its way, which
-- nobody has a row of yet. Of the actor's own files that are attached to nothing, too: one person's alone.
create or replace function hub.file_usage()
returns table (kept bigint, loose_files bigint, loose bigint, own_loose_files bigint, own_loose bigint)
language sql stable security definer set search_path = '' rows 1
begin atomic
    select coalesce(sum(f.size), 0),
           count(*) filter (where f.is_loose), coalesce(sum(f.size) filter (where f.is_loose), 0),
           count(*) filter (where f.is_loose and f.person_id = hub.person()),
           coalesce(sum(f.size) filter (where f.is_loose and f.person_id = hub.person()), 0)
    from (
        select s.size, s.uploaded_by_id as person_id, not exists (
            select from hub.vetting_documents d where d.file_id = s.id and d.removed_at is null) as is_loose
        from hub.files s where s.organisation_id = hub.organisation()
        union all
        select u.size, u.person_id, true
        from hub.unowned_objects u where u.organisation_id = hub.organisation() and u.removable_at > now()
    ) f;
end;

-- That the actor is about to put an object into the store. Within the hour a row of files takes it over, or it may
-- be removed.
create or replace function hub.announce_object(key text, size integer) returns void
language sql volatile security definer set search_path = ''
begin atomic
    insert into hub.unowned_objects (object_key, organisation_id, person_id, size, removable_at)
    values ($1, hub.organisation(), hub.person(), $2, now() + interval '1 hour');
end;

-- That a row of files takes the object over; false where it may be removed already. Whoever is about to remove it
-- has its row here locked: who comes first, has it.
create or replace function hub.own_object(key text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
    delete from hub.unowned_objects u
    where u.object_key = key and u.person_id = hub.person() and u.removable_at > now();
    return found;
end $$;

-- That no row of files will take the object over; false where one has.
create or replace function hub.disown_object(key text) returns boolean
language plpgsql volatile security definer set search_path = '' as $$
begin
    update hub.unowned_objects u set removable_at = now() where u.object_key = key and u.person_id = hub.person();
    return found;
end $$;

-- Some objects that may be removed from the store, locked until they are and `hub.forget_objects` says so.
create or replace function hub.removable_objects(most integer) returns setof text
language sql volatile security definer set search_path = ''
begin atomic
    select u.object_key from hub.unowned_objects u where u.removable_at <= now()
    order by pg_catalog.random() limit $1 for update skip locked; -- so that what the store keeps back blocks no other
end;

-- That the objects are no more in the store.
create or replace function hub.forget_objects(keys text[]) returns void
language sql volatile security definer set search_path = ''
begin atomic
    delete from hub.unowned_objects u where u.object_key = any(keys) and u.removable_at <= now();
end;

-- Files that are attached to nothing go seven days after they came, or were taken off a draft: nobody was ever
-- shown them. What was submitted stays, with its documents. How many files; null where somebody else is about it.
-- Whoever drafts for an organisation holds its lock (hub/organisations/applying.py), and is not disturbed: whether a
-- file is there is asked under that lock.
create or replace function hub.purge_files() returns integer
language plpgsql volatile security definer set search_path = '' as $$
declare
    ended constant timestamptz := now() - interval '7 days';
    organisation uuid;
    locked uuid[];
    gone integer := 0;
    more integer;
begin
    if not pg_try_advisory_xact_lock(7205017) then
        return null;
    end if;
    for organisation in
        select distinct f.organisation_id from hub.files f where f.created_at < ended and not exists (
            select from hub.vetting_documents d where d.file_id = f.id and d.removed_at is null)
    loop
        continue when not pg_try_advisory_xact_lock(
            pg_catalog.hashtextextended('vetting of ' || organisation, 0));
        delete from hub.vetting_documents d using hub.vetting_applications a
        where d.organisation_id = organisation and d.removed_at < ended and a.id = d.application_id
            and (a.submitted_at is null or d.removed_at <= a.submitted_at);
        locked := array(
            select f.id from hub.files f where f.organisation_id = organisation and f.created_at < ended
                and not exists (select from hub.vetting_documents d where d.file_id = f.id)
            for update skip locked);
        -- Another statement, which sees what was attached until the rows were locked.
        with purged as (
            delete from hub.files f where f.id = any(locked)
                and not exists (select from hub.vetting_documents d where d.file_id = f.id)
            returning f.*
        )
        insert into hub.unowned_objects (object_key, organisation_id, person_id, size, removable_at)
        select p.object_key, p.organisation_id, p.uploaded_by_id, p.size, now() from purged p;
        get diagnostics more = row_count;
        gone := gone + more;
    end loop;
    return gone;
end $$;

-- The invented people of a demonstration, for its sign-in page. Real people are never in it.
create or replace function hub.demonstration_personas()
returns table (persona text, person_id uuid, name text, organisation_id uuid, organisation text, roles text[])
language sql stable security definer set search_path = ''
begin atomic
    select p.persona, p.id, p.name, o.id, o.short_name, a.roles
    from hub.persons p
    join hub.organisations o on o.id = p.organisation_id
    cross join lateral hub.actor(p.id) a
    where p.is_demonstration and p.persona is not null
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

-- So does an application to be vetted: what it says, and who took it up, since somebody else decides.
create or replace function hub.keep_submitted_application() returns trigger
language plpgsql set search_path = '' as $$
begin
    if (old.submitted_at is not null and
            (new.description, new.purpose, new.registration_number, new.website, new.statements, new.declaration,
             new.submitted_at, new.submitted_by_id)
            is distinct from
            (old.description, old.purpose, old.registration_number, old.website, old.statements, old.declaration,
             old.submitted_at, old.submitted_by_id))
        or (old.started_by_id is not null and new.started_by_id is distinct from old.started_by_id)
        or (old.decided_by_id is not null and new.decided_by_id is distinct from old.decided_by_id) then
        raise exception 'application % was submitted and does not change', old.reference
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create or replace trigger keep_submitted before update on hub.vetting_applications
for each row execute function hub.keep_submitted_application();

-- And its documents: none comes or goes once the application was submitted. After the policies, which come first.
create or replace function hub.keep_submitted_documents() returns trigger
language plpgsql set search_path = '' as $$
begin
    if exists (select from hub.vetting_applications a
               where a.id = new.application_id and a.submitted_at is not null) then
        raise exception 'application % was submitted, and its documents with it', new.application_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create or replace trigger keep_submitted after insert on hub.vetting_documents
for each row execute function hub.keep_submitted_documents();
create or replace trigger keep_unremoved before update on hub.vetting_documents
for each row when (new is distinct from old) execute function hub.keep_submitted_documents();

-- Who is removed is signed out everywhere, and no token speaks for him again, even if he comes back one day.
create or replace function hub.end_credentials() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    update hub.login_sessions s set revoked_at = now(), updated_at = now(), id_token = null
    where s.person_id = new.id and s.revoked_at is null;
    update hub.api_tokens t set revoked_at = now(), updated_at = now()
    where t.person_id = new.id and t.revoked_at is null;
    return null;
end $$;

create or replace trigger end_credentials after update of removed_at on hub.persons for each row
when (old.removed_at is null and new.removed_at is not null) execute function hub.end_credentials();

-- A role that was granted only ever becomes shorter; what has ended has ended.
create or replace function hub.keep_grant_short() returns trigger
language plpgsql set search_path = '' as $$
begin
    if new.starts_on <> old.starts_on or old.ended_at is not null
        or (old.ends_on is not null and (new.ends_on is null or new.ends_on > old.ends_on)) then
        raise exception 'grant % does not become longer', old.id using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create or replace trigger keep_short before update on hub.role_grants
for each row when (new is distinct from old) execute function hub.keep_grant_short();

-- No two roles that stand apart are held at the same time, whoever grants them, and however many at once: one waits
-- here for the other, as the actions do for each other. By hub.apart, which is written out from policy.APART.
create or replace function hub.keep_apart() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    apart text[] := hub.apart(new.role);
    held text;
begin
    if new.ended_at is not null or apart = '{}' then
        return null;
    end if;
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('people of ' || new.organisation_id, 0));
    select g.role into held from hub.role_grants g
    where g.person_id = new.person_id and g.id <> new.id and g.role = any (apart) and g.ended_at is null
        and g.starts_on <= coalesce(new.ends_on, 'infinity') and coalesce(g.ends_on, 'infinity') >= new.starts_on
    limit 1;
    if found then
        raise exception 'nobody is % and % at the same time', held, new.role
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$;

-- What is granted otherwise only becomes shorter.
create or replace trigger keep_apart after insert or update of person_id, role on hub.role_grants
for each row execute function hub.keep_apart();

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

-- What open streams hear of (hub/audit/feed.py), when the transaction that wrote it commits: a type and an id, and
-- never more, since every worker hears everything. Which subscriber may see the row is asked when it is read.
create or replace function hub.tell_recorded() returns trigger
language plpgsql set search_path = '' as $$
begin
    perform pg_catalog.pg_notify('hub_changes', new.subject_type || ':' || new.subject_id);
    return null;
end $$;

create or replace trigger tell after insert on hub.audit_events
for each row when (new.subject_type in ('Proposal', 'ProposalReview', 'Consultation', 'Contribution'))
execute function hub.tell_recorded();

-- An import records no act for each of its contributions: it tells once that many may have changed.
create or replace function hub.tell_imported() returns trigger
language plpgsql set search_path = '' as $$
begin
    perform pg_catalog.pg_notify('hub_changes', 'Contribution:');
    return null;
end $$;

create or replace trigger tell after insert on hub.import_runs
for each row execute function hub.tell_imported();

-- That somebody's credentials or roles changed: the person's open streams ask again who he or she is.
create or replace function hub.tell_person() returns trigger
language plpgsql set search_path = '' as $$
declare
    changed jsonb := to_jsonb(case when tg_op = 'DELETE' then old else new end);
begin
    perform pg_catalog.pg_notify('hub_changes', 'Person:' || (changed ->> tg_argv[0]));
    return null;
end $$;

create or replace trigger tell after insert or update or delete on hub.role_grants
for each row execute function hub.tell_person('person_id');
create or replace trigger tell after update or delete on hub.identity_bindings
for each row execute function hub.tell_person('person_id');
create or replace trigger tell after update on hub.persons
for each row execute function hub.tell_person('id');
create or replace trigger tell after update on hub.api_tokens
for each row when ((old.revoked_at, old.expires_at) is distinct from (new.revoked_at, new.expires_at))
execute function hub.tell_person('person_id');
create or replace trigger tell_revoked after update on hub.login_sessions
for each row when (old.revoked_at is distinct from new.revoked_at)
execute function hub.tell_person('person_id');
create or replace trigger tell_deleted after delete on hub.api_tokens
for each row execute function hub.tell_person('person_id');
create or replace trigger tell_deleted after delete on hub.login_sessions
for each row execute function hub.tell_person('person_id');

-- In how many seconds a credential ends, when nobody ends it before; null where it is none, or ended.
create or replace function hub.credential_seconds(hash bytea) returns double precision
language sql stable security definer set search_path = ''
begin atomic
    select extract(epoch from c.ends_at - now()) from (
        select t.expires_at as ends_at from hub.api_tokens t where t.token_hash = hash and t.revoked_at is null
        union all
        select s.ends_at from hub.login_sessions s where s.token_hash = hash and s.revoked_at is null
    ) c where c.ends_at > now();
end;

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

-- What sends the mail of the outbox (hub/notifications/postman.py) is nobody, and may see what it sends. Whoever is
-- somebody may not: no request reads another's messages by it.
create or replace function hub.refuse_somebody() returns void
language plpgsql stable set search_path = '' as $$
begin
    if hub.person() is not null then
        raise exception 'the outbox is emptied by nobody' using errcode = 'insufficient_privilege';
    end if;
end $$;

-- Until when the address gets no mail about an invitation for the organisation, in whatever role: an hour from the last
-- that was sent or given up, and while one may be on its way, besides the message given. Null where it may at once.
create or replace function hub.no_mail_before(address text, home uuid, besides uuid) returns timestamptz
language sql stable security definer set search_path = ''
begin atomic
    select max(until) from (
        select i.mail_state_at + interval '1 hour' from hub.invitations i
        where lower(i.email) = lower(address) and i.organisation_id = home and i.mail_state in ('SENT', 'FAILED')
        union all
        select least(m.next_attempt_at, m.updated_at + interval '5 minutes') -- as long as it is leased
        from hub.outbox_messages m join hub.invitations i on i.id = m.subject_id
        where m.next_attempt_at > now() and m.attempts > 0 and m.topic = 'PersonInvited'
            and lower(i.email) = lower(address) and i.organisation_id = home and m.id is distinct from besides
    ) last (until)
    where until > now();
end;

-- The next message that is due, for one attempt: nobody else is given it until the lease has ended. No row where
-- none is due. On the way, what need not be sent any more is settled: of an invitation that is not open, or invented.
-- What would follow the last mail to its address too soon is put off. One asks at a time, so that no two are given
-- what may not go together.
create or replace function hub.take_mail(lease interval)
returns table (id uuid, topic text, attempt integer, recipient text, content jsonb)
language plpgsql volatile security definer set search_path = '' as $$
declare
    due hub.outbox_messages;
    is_given boolean;
    not_before timestamptz;
begin
    perform hub.refuse_somebody();
    perform pg_catalog.pg_advisory_xact_lock(7205016);
    loop
        select m.* into due from hub.outbox_messages m
        where m.next_attempt_at <= now() order by m.next_attempt_at limit 1 for update skip locked;
        exit when not found;
        update hub.invitations i set updated_at = now(),
            mail_not_before = hub.no_mail_before(i.email, i.organisation_id, due.id)
        where due.topic = 'PersonInvited' and i.id = due.subject_id and i.accepted_at is null
            and i.withdrawn_at is null and i.expires_at > now() and not i.is_demonstration
            and hub.no_mail_before(i.email, i.organisation_id, due.id) is not null
        returning i.mail_not_before into not_before;
        if found then
            update hub.outbox_messages m set updated_at = now(), next_attempt_at = not_before where m.id = due.id;
            continue;
        end if;
        return query
            select due.id, due.topic, due.attempts + 1, i.email, pg_catalog.jsonb_build_object(
                'organisation', o.name, 'role', i.role, 'expires_at', i.expires_at, 'confirms', i.confirms,
                'inviter', p.name, 'inviter_organisation', home.name)
            from hub.invitations i
            join hub.organisations o on o.id = i.organisation_id
            left join hub.persons p on p.id = i.invited_by_id
            left join hub.organisations home on home.id = p.organisation_id
            where due.topic = 'PersonInvited' and i.id = due.subject_id and i.accepted_at is null
                and i.withdrawn_at is null and i.expires_at > now() and not i.is_demonstration;
        is_given := found;
        update hub.outbox_messages m set updated_at = now(), attempts = m.attempts + is_given::integer,
            next_attempt_at = case when is_given then now() + lease end,
            last_error = case when is_given then m.last_error end
        where m.id = due.id;
        exit when is_given;
    end loop;
end $$;

-- That a message was sent, whoever else was given it meanwhile.
create or replace function hub.mail_sent(message uuid) returns void
language plpgsql volatile security definer set search_path = '' as $$
begin
    perform hub.refuse_somebody();
    update hub.outbox_messages m set sent_at = now(), next_attempt_at = null, last_error = null, updated_at = now()
    where m.id = message and m.sent_at is null;
    update hub.invitations i
    set mail_state = 'SENT', mail_state_at = now(), mail_not_before = null, updated_at = now()
    from hub.outbox_messages m where m.id = message and m.topic = 'PersonInvited' and i.id = m.subject_id;
end $$;

-- That a message was not sent, and in how long to try again; null where it is given up. `counts` false: it was
-- never tried.
create or replace function hub.mail_not_sent(message uuid, reason text, again_in interval, counts boolean)
returns void language plpgsql volatile security definer set search_path = '' as $$
begin
    perform hub.refuse_somebody();
    update hub.outbox_messages m set last_error = reason, next_attempt_at = now() + again_in, updated_at = now(),
        attempts = m.attempts - (not counts)::integer
    where m.id = message and m.sent_at is null;
    update hub.invitations i
    set mail_state = 'FAILED', mail_state_at = now(), mail_not_before = null, updated_at = now()
    from hub.outbox_messages m
    where again_in is null and m.id = message and m.sent_at is null and m.topic = 'PersonInvited'
        and i.id = m.subject_id;
end $$;

revoke execute on all functions in schema hub from public;
grant execute on all functions in schema hub to hub_app, hub_public;
revoke execute on function hub.authenticate_session(bytea), hub.note_session_use(bytea, interval),
    hub.note_token_use(bytea), hub.purge(), hub.purge_files(), hub.file_usage(), hub.announce_object(text, integer),
    hub.own_object(text), hub.disown_object(text), hub.removable_objects(integer), hub.forget_objects(text[]),
    hub.authenticate_identity(text, text), hub.accept_invitations(text, text, text, text),
    hub.end_sessions(text, text, text, text, timestamptz), hub.take_mail(interval), hub.mail_sent(uuid),
    hub.no_mail_before(text, uuid, uuid), hub.mail_not_sent(uuid, text, interval, boolean), hub.refuse_somebody() from hub_public;
revoke execute on function hub.actor(uuid), hub.end_credentials(), hub.keep_apart() from hub_app, hub_public;
revoke execute on function hub.authenticate(bytea), hub.demonstration_personas(),
    hub.next_reference(text, integer, integer), hub.credential_seconds(bytea) from hub_public;
revoke execute on function hub.next_references(text, integer, integer, integer),
    hub.roll_up_contributions(), hub.gather_contribution_rollups() from hub_app, hub_public;
