-- Role hub_public: the policies hold, and the conditions that they state stand here too.
select '{"initiatives":{"edges":['
    || coalesce(string_agg('{"cursor":"' || cursor || '","node":' || node || '}', ',' order by place)
                filter (where place <= 50), '')
    || '],"pageInfo":{"hasNextPage":' || (count(*) > 50)::text
    || ',"hasPreviousPage":false,"startCursor":'
    || coalesce('"' || min(cursor) filter (where place = 1) || '"', 'null')
    || ',"endCursor":' || coalesce('"' || min(cursor) filter (where place = 50 or is_last and place < 50) || '"', 'null')
    || '}}}'
from (
    select place, is_last,
           translate(encode(convert_to('["bc13fdae", "' || i.starts_on || '", "' || i.id || '"]', 'UTF8'),
                            'base64'), E'\n', '') as cursor,
           '{"reference":' || to_json(i.reference) || ',"title":' || to_json(i.title)
           || ',"state":"' || i.state || '","workingGroup":'
           || coalesce('{"name":' || (select to_json(g.name)::text from hub.working_groups g
                                      where g.id = i.working_group_id) || '}', 'null')
           || ',"participants":['
           || array_to_string(array(
                  select '{"role":"' || p.role || '","organisation":'
                         || coalesce('{"name":' || to_json(o.name)::text || '}', 'null') || '}'
                  from hub.initiative_participants p
                  left join hub.organisations o on o.id = p.organisation_id and o.is_listed
                  where p.initiative_id = i.id and p.is_published
                  order by p.id), ',')
           || '],"contributions":{"nodes":['
           || array_to_string(array(
                  select '{"reference":' || to_json(c.reference) || ',"state":"' || c.state
                         || '","received":{"amount":"' || c.received || '","currency":"' || c.currency
                         || '"},"provider":'
                         || coalesce('{"name":' || (select to_json(o.name)::text from hub.organisations o
                                                    where o.id = c.provider_id and o.is_listed) || '}',
                                     'null') || '}'
                  from (select c.* from hub.allocations a
                        join hub.contributions c on c.id = a.contribution_id and c.is_published
                        where a.initiative_id = i.id
                        order by a.recorded_on desc, a.contribution_id desc limit 5) c
                  order by c.recorded_on desc, c.id desc), ',')
           || ']}}' as node
    from (select i.*, row_number() over listed as place, lead(i.id) over listed is null as is_last
          from hub.initiatives i where i.is_published
          window listed as (order by i.starts_on desc, i.id desc)
          order by i.starts_on desc, i.id desc limit 51) i
) page
