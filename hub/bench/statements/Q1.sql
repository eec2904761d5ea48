-- Role hub_public: the policies hold, and the conditions that they state stand here too.
select '{"initiatives":{"edges":['
    || (coalesce(string_agg('{"cursor":"' || cursor || '","node":' || node || '}', ',' order by place), '')
    || ('],"pageInfo":{"hasNextPage":' || coalesce(max(place) > 50, false)::text
    || ',"hasPreviousPage":false,"startCursor":'
    || coalesce('"' || min(cursor) filter (where place = 1) || '"', 'null')
    || ',"endCursor":'
    || coalesce('"' || split_part(string_agg(cursor, ',' order by place) filter (where place <= 50), ',', -1)
                || '"', 'null')
    || '}}}'))
from (
    select place, cursor,
           case when place <= 50 then
           '{"reference":"' || i.reference || '","title":' || json_scalar(i.title)::text
           || ',"state":"' || i.state || '","workingGroup":'
           || coalesce('{"name":' || (select json_scalar(g.name)::text from hub.working_groups g
                                      where g.id = i.working_group_id) || '}', 'null')
           || (',"participants":['
           || coalesce((
                  select string_agg('{"role":"' || p.role || '","organisation":'
                         || coalesce((select '{"name":' || json_scalar(o.name)::text || '}'
                                      from hub.organisations o
                                      where o.id = p.organisation_id and o.is_listed), 'null') || '}',
                         ',' order by p.id)
                  from hub.initiative_participants p
                  where p.initiative_id = i.id and p.is_published), '')
           || ('],"contributions":{"nodes":['
           || coalesce((
                  select string_agg('{"reference":"' || c.reference || '","state":"' || c.state
                         || '","received":{"amount":"' || c.received || '","currency":"' || c.currency
                         || '"},"provider":'
                         || coalesce((select '{"name":' || json_scalar(o.name)::text || '}'
                                      from hub.organisations o
                                      where o.id = c.provider_id and o.is_listed), 'null') || '}',
                         ',' order by c.recorded_on desc, c.contribution_id desc)
                  from (select c.reference, c.state, c.received, c.currency, c.provider_id, a.recorded_on,
                               a.contribution_id
                        from hub.allocations a
                        join hub.contributions c on c.id = a.contribution_id and c.is_published
                        where a.initiative_id = i.id
                        order by a.recorded_on desc, a.contribution_id desc limit 5) c), '')
           || ']}}')) end as node
    from (select i.*, replace(encode(convert_to('["bc13fdae", "' || i.starts_on || '", "' || i.id || '"]',
                                                  'UTF8'), 'base64'), E'\n', '') as cursor
          from (select i.id, i.reference, i.title, i.state, i.working_group_id, i.starts_on,
                       row_number() over (order by i.starts_on desc, i.id desc) as place
                from hub.initiatives i where i.is_published
                order by i.starts_on desc, i.id desc limit 51) i
          offset 0) i
) page
