"""What compiled reads answer is what plain SQL finds among the rows due to whoever asks: every field of the
schema that leads to rows, for every persona and the public."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
)

from hub.contributions.views import Dimension
from schema.api import schema
from tests.policy.paging import NestedList, walk
from tests.policy.reading import Asker, Reads, world_of
from tests.policy.world import KEYS, LINKS, LISTS, LOOKUPS, NESTED, NODES, TABLES, World, type_of

TYPES = schema._schema.type_map
EMBEDDED = {"Money", "PageInfo"}
"""Types that are made of the columns of the row on which they stand."""
OF_VIEWER = {"Query.viewer", "Viewer.person", "Viewer.organisation", "Viewer.sessions", "Viewer.apiTokens"}
OF_SUMMARY = {
    *("Query.contributionSummary", "ContributionSummary.groups", "ContributionSummary.totals"),
    *("ContributionGroup.provider", "ContributionGroup.initiative", "ContributionGroup.workingGroup"),
}
PARTS_OF_CONNECTION = {"edges", "nodes", "pageInfo", "totalCount"}


# -- what there is to compare --------------------------------------------------------------------------


def object_type(name: str) -> GraphQLObjectType:
    """The object type of the name."""
    found = TYPES[name]
    assert isinstance(found, GraphQLObjectType), f"{name}: this test knows no unions in reads"
    return found


def rows_behind(type_name: str) -> list[GraphQLObjectType]:
    """The object types of the rows that a field of the type leads to: a connection's are its nodes'."""
    found = TYPES[type_name]
    if isinstance(found, GraphQLInterfaceType):
        return list(schema._schema.get_possible_types(found))
    if type_name.endswith("Connection"):
        parts = object_type(type_name).fields
        assert set(parts) == PARTS_OF_CONNECTION
        return rows_behind(get_named_type(parts["nodes"].type).name)
    return [object_type(type_name)]


def leading_fields() -> Iterator[str]:
    """Every field, of any type that a read can reach, that leads to rows."""
    reached, ahead = {"Query"}, ["Query"]
    while ahead:
        type_ = object_type(ahead.pop())
        for name, declared in type_.fields.items():
            inner = get_named_type(declared.type)
            if is_composite_type(inner) and inner.name not in EMBEDDED:
                yield f"{type_.name}.{name}"
                fresh = {found.name for found in rows_behind(inner.name)} - reached
                reached |= fresh
                ahead += fresh


def test_every_field_that_leads_to_rows_is_compared_here() -> None:
    of_root = {f"Query.{name}" for name in (*LISTS, *LOOKUPS, "node")}
    assert set(leading_fields()) == {*LINKS, *NESTED} | of_root | OF_VIEWER | OF_SUMMARY
    node = TYPES["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    assert set(NODES) == {possible.name for possible in schema._schema.get_possible_types(node)}
    assert set(KEYS) == {dimension.value for dimension in Dimension}
    for type_name in EMBEDDED:
        parts = object_type(type_name).fields.values()
        assert not any(is_composite_type(get_named_type(part.type)) for part in parts)


async def test_the_comparison_is_not_of_nothing_with_nothing(reads: Reads) -> None:
    leading = dict.fromkeys([*LINKS, *NESTED], 0)
    for name in ("partner", "co-manager-au"):
        async with world_of(name, reads) as seen:
            for field in leading:
                statement = LINKS[field] if field in LINKS else NESTED[field][2]
                leading[field] += len(await seen.linked(field, statement))
    assert 0 not in leading.values(), leading
    of_all = {table: {due[table] for due in reads.due.values()} for table in TABLES}
    public = {"working_groups", "memberships", "core_purposes", "guiding_principles"}
    assert {table for table, different in of_all.items() if len(different) == 1} == public


# -- lists ---------------------------------------------------------------------------------------------


async def test_every_list_page_by_page_in_both_directions(asker: Asker, seen: World) -> None:
    for field, (table, where, order) in LISTS.items():
        await walk(asker, field, await seen.listed(table, where, order), backward=False)
        name, direction = another_order(field, seen)
        expected = await seen.listed(table, where, f"{name} {direction}, id {direction}")
        other = f", orderBy: {{ field: {name}, direction: {direction} }}"
        await walk(asker, field, expected, order=other, backward=True)


def another_order(field: str, seen: World) -> tuple[str, str]:
    """One of the list's orders; which one goes round among those who ask."""
    turn = len(seen.due["contributions"]) + len(seen.due["proposals"]) + len(seen.who.roles)
    order = get_named_type(object_type("Query").fields[field].args["orderBy"].type)
    assert isinstance(order, GraphQLInputObjectType)
    fields = get_named_type(order.fields["field"].type)
    assert isinstance(fields, GraphQLEnumType)
    columns = list(fields.values)
    return columns[turn % len(columns)], ("ASC", "DESC")[turn // 2 % 2]


# -- what nodes lead to --------------------------------------------------------------------------------


def targets(field: str) -> list[str]:
    """The object types to which a field leads."""
    owner, _, name = field.partition(".")
    return [found.name for found in rows_behind(get_named_type(object_type(owner).fields[name].type).name)]


def shortest_ways() -> dict[str, str]:
    """Object type -> the field by which it is first reached from a list of the root."""
    ways = {type_name: f"Query.{name}" for name in LISTS for type_name in targets(f"Query.{name}")}
    ahead = list(ways)
    for type_name in ahead:  # grows meanwhile
        for field in LINKS:
            if field.startswith(f"{type_name}."):
                for target in targets(field):
                    if target not in ways:
                        ways[target] = field
                        ahead.append(target)
    return ways


WAYS = shortest_ways()


def links_of(type_name: str) -> list[str]:
    """The fields of the type that lead to other nodes."""
    return [field for field in LINKS if field.startswith(f"{type_name}.")]


def selection(type_name: str) -> str:
    """All that the type leads to, and what its rows lead to where this is the shortest way to them."""
    parts = ["id"]
    for field in links_of(type_name):
        (target, *_) = targets(field)
        inner = selection(target) if WAYS[target] == field else "{ id }"
        parts.append(f"{field.partition('.')[2]} {inner}")
    return "{ " + " ".join(parts) + " }"


Found = dict[str, dict[str, list[str]]]


def note(found: Found, node: dict[str, Any]) -> None:
    """Write down what the node leads to, and the nodes to which this is the shortest way."""
    for field in links_of(type_of(node["id"])):
        value = node[field.partition(".")[2]]
        nodes = value if isinstance(value, list) else [value] if value else []
        ids = [inner["id"] for inner in nodes]
        assert found.setdefault(field, {}).setdefault(node["id"], ids) == ids
        if WAYS[targets(field)[0]] == field:
            for inner in nodes:
                note(found, inner)


async def through_lists(asker: Asker, found: Found) -> None:
    """Follow every link from the lists of the root."""
    for name in LISTS:
        (target, *_) = targets(f"Query.{name}")
        document = f"""query($after: String) {{ {name}(first: 100, after: $after) {{
          nodes {selection(target)} pageInfo {{ hasNextPage endCursor }} }} }}"""
        after = None
        while True:
            page = (await asker.data(document, after=after))[name]
            for node in page["nodes"]:
                note(found, node)
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]


async def test_every_node_leads_to_what_is_due(asker: Asker, seen: World) -> None:
    found: Found = {}
    await through_lists(asker, found)
    for type_name in NODES:
        fields = links_of(type_name)
        due = await seen.of_type(type_name)
        document = f"query($id: ID!) {{ node(id: $id) {{ ... on {type_name} {selection(type_name)} }} }}"
        for id in due - found.get(fields[0], {}).keys() if fields else ():  # no list leads there
            note(found, (await asker.data(document, id=id))["node"])
        for field in fields:
            expected = await seen.linked(field, LINKS[field])
            assert found.get(field, {}) == {id: expected.get(id, []) for id in due}, field


async def test_every_nested_list_page_by_page_in_both_directions(asker: Asker, seen: World) -> None:
    for field, (listing, lookup, statement) in NESTED.items():
        owner, _, name = field.partition(".")
        led = await seen.linked(field, statement)
        expected = {id: led.get(id, []) for id in await seen.of_type(owner)}
        for size, backward in ((2, False), (3, True)):
            nested = NestedList(asker, listing, lookup, name, expected, size, backward)
            await nested.first_pages()
            await nested.further_pages()
