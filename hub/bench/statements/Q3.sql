-- Role hub_app, as a Co-Manager, who sees what was submitted. $1: the proposal's reference.
select '{"proposal":' || coalesce((
    select '{"reference":"' || p.reference || '","title":' || json_scalar(p.title)::text || ',"state":"' || p.state
        || '","organisation":'
        || coalesce('{"name":' || (select json_scalar(o.name)::text from hub.organisations o
                                   where o.id = p.organisation_id) || '}', 'null')
        || ',"revision":'
        || coalesce((
               select '{"number":' || r.number || ',"title":' || json_scalar(r.title)::text
                      || ',"summary":' || coalesce(json_scalar(r.summary)::text, 'null')
                      || ',"objectives":' || coalesce(json_scalar(r.objectives)::text, 'null')
                      || ',"startsOn":' || coalesce('"' || r.starts_on || '"', 'null')
                      || ',"endsOn":' || coalesce('"' || r.ends_on || '"', 'null')
                      || ',"budget":' || coalesce('{"amount":"' || r.budget_amount || '","currency":"'
                                                  || r.budget_currency || '"}', 'null') || '}'
               from hub.proposal_revisions r
               where r.proposal_id = p.id and r.number = p.revision_number and r.submitted_at is not null),
               'null')
        || ',"reviews":['
        || array_to_string(array(
               select '{"state":"' || v.state
                      || '","recommendation":' || coalesce('"' || v.recommendation || '"', 'null')
                      || ',"comment":' || coalesce(json_scalar(v.comment)::text, 'null')
                      || ',"reviewer":'
                      || coalesce('{"name":' || (select json_scalar(w.name)::text from hub.persons w
                                                 where w.id = v.reviewer_id) || '}', 'null') || '}'
               from hub.proposal_reviews v
               where v.proposal_id = p.id
               order by v.id), ',')
        || ']}'
    from hub.proposals p
    where p.reference = $1 and p.submitted_at is not null), 'null') || '}'
