-- Role hub_app, as an analyst, who sees every contribution and every organisation.
with found as materialized (
    select provider_id, currency, sum(contribution_count) as n, sum(pledged) as pledged,
           sum(committed) as committed, sum(received) as received
    from hub.contribution_rollups
    where grain = 'PROVIDER'
    group by provider_id, currency
)
select '{"contributionSummary":{"groups":['
    || array_to_string(array(
           select '{"provider":'
                  || coalesce('{"name":' || (select json_scalar(o.name)::text from hub.organisations o
                                             where o.id = g.provider_id) || '}', 'null')
                  || ',"currency":"' || g.currency || '","contributionCount":' || g.n
                  || ',"pledged":{"amount":"' || g.pledged || '","currency":"' || g.currency
                  || '"},"committed":{"amount":"' || g.committed || '","currency":"' || g.currency
                  || '"},"received":{"amount":"' || g.received || '","currency":"' || g.currency || '"}}'
           from (select * from found order by n desc, provider_id, currency limit 20) g
           order by g.n desc, g.provider_id, g.currency), ',')
    || '],"totals":['
    || array_to_string(array(
           select '{"currency":"' || t.currency || '","contributionCount":' || t.n
                  || ',"pledged":{"amount":"' || t.pledged || '","currency":"' || t.currency
                  || '"},"committed":{"amount":"' || t.committed || '","currency":"' || t.currency
                  || '"},"received":{"amount":"' || t.received || '","currency":"' || t.currency || '"}}'
           from (select currency, sum(contribution_count) as n, sum(pledged) as pledged,
                        sum(committed) as committed, sum(received) as received
                 from hub.contribution_rollups
                 where grain = 'CURRENCY'
                 group by currency) t
           order by t.n desc, t.currency), ',')
    || ']}}'
