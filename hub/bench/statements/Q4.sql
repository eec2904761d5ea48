-- Role hub_app, as a partner, who sees what is published and what is its own.
-- $1: the person, $2: the organisation, $3: the roles, $4: whose contributions are asked for.
select '{"viewer":' || coalesce((
        select '{"name":' || json_scalar(w.name)::text || ',"organisation":'
               || coalesce('{"name":' || (select json_scalar(o.name)::text from hub.organisations o
                                          where o.id = w.organisation_id and (o.is_listed or o.id = $2))
                           || '}', 'null')
               || ',"roles":' || to_json($3::text[])
               || ',"allowedActions":["CREATE_PROPOSAL","EXPRESS_INTEREST","PLEDGE_CONTRIBUTION",'
               || '"OFFER_SECONDMENT"]}'
        from hub.persons w
        where w.id = $1::uuid and (w.id = $1 or w.organisation_id = $2::uuid)), 'null')
    || ',"proposals":{"totalCount":' || (select count(*) from hub.proposals where organisation_id = $2)
    || ',"nodes":['
    || array_to_string(array(
           select '{"reference":"' || p.reference || '","title":' || json_scalar(p.title)::text
                  || ',"state":"' || p.state || '","allowedActions":'
                  || case when p.state in ('DRAFT', 'REVISION_REQUESTED')
                          then '["UPDATE","SUBMIT","WITHDRAW"]'
                          when p.state in ('SUBMITTED', 'SCREENING', 'UNDER_REVIEW', 'IN_CONSULTATION',
                                           'AWAITING_DECISION', 'AWAITING_GUIDANCE', 'RESUBMITTED',
                                           'DEFERRED')
                          then '["WITHDRAW"]' else '[]' end || '}'
           from (select reference, title, state, created_at, id from hub.proposals
                 where organisation_id = $2
                 order by created_at desc, id desc limit 20) p
           order by p.created_at desc, p.id desc), ',')
    || ']},"contributions":{"nodes":['
    || array_to_string(array(
           select '{"reference":"' || c.reference || '","title":' || json_scalar(c.title)::text
                  || ',"state":"' || c.state
                  || '","pledged":{"amount":"' || c.pledged || '","currency":"' || c.currency
                  || '"},"received":{"amount":"' || c.received || '","currency":"' || c.currency || '"}}'
           from (select reference, title, state, pledged, received, currency, recorded_on, id
                 from hub.contributions
                 where provider_id = $4::uuid and (is_published or provider_id = $2 or receiver_id = $2)
                   and exists (select 1 from hub.organisations o
                               where o.id = $4::uuid and (o.is_listed or o.id = $2))
                 order by recorded_on desc, id desc limit 20) c
           order by c.recorded_on desc, c.id desc), ',')
    || ']}}'
