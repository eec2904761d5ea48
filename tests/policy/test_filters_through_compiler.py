"""What a filter, an order or a group tells: nothing that the rows themselves do not tell to whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from schema.api import schema
from schema.compiler.emit import field_mapping
from schema.compiler.mapping import KEY, ColumnField, ConnectionField, Listing
from tests.policy.reading import Asker
from tests.policy.test_reads_through_compiler import object_type
from tests.policy.test_sums_through_compiler import GROUP, as_answered, as_numbers
from tests.policy.world import IS_PARTNER, IS_STATE, LISTS, NODES, World

OF_ORGANISATION = {
    ("contributions", "provider"): "provider_id = '{id}'",
    ("initiatives", "organisation"): "id in (select initiative_id from initiative_participants"
    " where organisation_id = '{id}')",
    ("invitations", "organisation"): "organisation_id = '{id}'",
    ("people", "organisation"): "organisation_id = '{id}'",
    ("proposals", "organisation"): "organisation_id = '{id}'",
    ("vettingApplications", "organisation"): "organisation_id = '{id}'",
}
"""Every filter by an organisation, and what it asks of a row, where the organisation itself is seen."""
OF_WORKING_GROUP = {
    ("initiatives", "workingGroup"): "working_group_id = '{id}'",
    ("memberStates", "workingGroup"): "id in (select organisation_id from memberships"
    " where working_group_id = '{id}')",
    ("partners", "workingGroup"): "id in (select organisation_id from memberships"
    " where working_group_id = '{id}')",
}
"""Every filter by a body, which everybody sees."""
BY_WORDS = {
    ("contributions", "search"): ("reference", "title", "description"),
    ("initiatives", "search"): ("reference", "title", "summary"),
    ("memberStates", "search"): ("name", "shortName"),
    ("partners", "search"): ("name", "shortName"),
    ("proposals", "search"): ("reference", "title"),
}
"""Every search, and the fields of the node in whose words it looks."""
TOLD_AS = {
    ("invitations", "isOpen"): ("acceptedAt", "withdrawnAt", "expiresAt"),
    ("people", "isConfirmed"): ("confirmedAt",),
    ("people", "isRemoved"): ("removedAt",),
}
"""Filters by what a node tells under another name."""
NEVER_TOLD = {("memberStates", "vettingState")}
"""Null in every Member State, by a constraint of the table."""


def listings() -> Iterator[tuple[str, Listing, GraphQLObjectType]]:
    """Every list of the root: its name, how it is listed, and the type of its nodes."""
    for name, declared in object_type("Query").fields.items():
        mapping = declared.extensions.get(KEY)
        if isinstance(mapping, ConnectionField):
            nodes = object_type(get_named_type(declared.type).name).fields["nodes"]
            yield name, mapping.listing, object_type(get_named_type(nodes.type).name)


def filters(name: str) -> list[str]:
    """What the list can be filtered by."""
    given = get_named_type(object_type("Query").fields[name].args["filter"].type)
    assert isinstance(given, GraphQLInputObjectType)
    return list(given.fields)


def is_told(node: GraphQLObjectType, field: str) -> bool:
    """Whether everybody who sees a node reads the field: a column of its row, and nothing made of it."""
    declared = node.fields.get(field)
    return declared is not None and isinstance(field_mapping(declared, node.name), ColumnField)


def test_a_filter_asks_only_what_a_node_tells() -> None:
    asked = {(name, given) for name, _, _ in listings() for given in filters(name)}
    nodes = {name: node for name, _, node in listings()}
    by_row = {*OF_ORGANISATION, *OF_WORKING_GROUP}
    assert by_row | set(BY_WORDS) | set(TOLD_AS) | NEVER_TOLD <= asked
    for name, given in asked - by_row - NEVER_TOLD:
        for field in BY_WORDS.get((name, given), TOLD_AS.get((name, given), (given,))):
            assert is_told(nodes[name], field), f"{name}(filter: {given})"


def test_a_list_is_ordered_only_by_what_a_node_tells() -> None:
    for name, listing, node in listings():
        told = {
            mapping.name
            for field, declared in node.fields.items()
            if isinstance(mapping := field_mapping(declared, node.name), ColumnField)
        }
        by = get_named_type(object_type("Query").fields[name].args["orderBy"].type)
        assert isinstance(by, GraphQLInputObjectType)
        columns = {str(value.value) for value in get_named_type(by.fields["field"].type).values.values()}
        assert columns | {listing.default[0]} <= told, name


async def some_of(seen: World, table: str) -> list[Any]:
    """The rows of the table, due or not; of the hidden ones the last, which are the demonstration's."""
    rows = seen.rows.tables[table]
    return [row for row in rows if row.id in seen.due[table]][-12:] + [
        row for row in rows if row.id not in seen.due[table]
    ][-12:]


Page = tuple[int, list[str]]


def page_of(ids: list[str]) -> Page:
    """How many there are, and the first hundred."""
    return len(ids), ids[:100]


async def filtered(asker: Asker, name: str, given: str, ids: list[str]) -> list[Page]:
    """The first page of the list under the filter, for each of the ids."""
    found: list[Page] = []
    for start in range(0, len(ids), 12):
        parts = [
            f'a{i}: {name}(first: 100, filter: {{ {given}: "{id}" }}) {{ totalCount nodes {{ id }} }}'
            for i, id in enumerate(ids[start : start + 12])
        ]
        for page in (await asker.data(f"{{ {' '.join(parts)} }}")).values():
            found.append((page["totalCount"], [node["id"] for node in page["nodes"]]))
    return found


async def test_a_filter_by_an_organisation_finds_nothing_of_a_hidden_one(asker: Asker, seen: World) -> None:
    rows = await some_of(seen, "organisations")
    for (name, given), condition in OF_ORGANISATION.items():
        table, where, order = LISTS[name]
        expected = [
            page_of(await seen.listed(table, f"{where} and {condition.format(id=row.id)}", order))
            if row.id in seen.due["organisations"]
            else (0, [])
            for row in rows
        ]
        assert await filtered(asker, name, given, [seen.names[row.id] for row in rows]) == expected, name


async def test_there_is_something_of_a_hidden_organisation_to_be_found(seen: World) -> None:
    """Lest the test before compare nothing with nothing."""
    hidden = [row.id for row in seen.rows.tables["organisations"] if row.id not in seen.due["organisations"]]
    if seen.who.is_any("CO_MANAGER", "CO_CHAIR", "STAFF", "ANALYST", "ADMIN"):
        assert hidden == []
        return
    named = ", ".join(f"'{id}'" for id in hidden)
    for statement in (
        f"select id from contributions where provider_id in ({named})",
        f"select id from initiative_participants where organisation_id in ({named})",
    ):
        assert await seen.keys(statement)
    if seen.who.is_any("REVIEWER"):
        assert await seen.keys(f"select id from proposals where organisation_id in ({named})")


async def test_a_filter_by_a_body_finds_what_is_due(asker: Asker, seen: World) -> None:
    rows = await some_of(seen, "working_groups")
    for (name, given), condition in OF_WORKING_GROUP.items():
        table, where, order = LISTS[name]
        expected = [
            page_of(await seen.listed(table, f"{where} and {condition.format(id=row.id)}", order))
            for row in rows
        ]
        assert await filtered(asker, name, given, [seen.names[row.id] for row in rows]) == expected, name


async def test_sums_of_a_hidden_organisation_are_not_told(asker: Asker, seen: World) -> None:
    for row in await some_of(seen, "organisations"):
        where = f"c.provider_id = '{row.id}'" if row.id in seen.due["organisations"] else "false"
        given = f'filter: {{ provider: "{seen.names[row.id]}" }}'
        for dimensions in (["YEAR"], ["PROVIDER"], ["PROVIDER", "KIND"], ["INITIATIVE"]):
            document = f"""{{ contributionSummary(groupBy: [{", ".join(dimensions)}], {given}) {{
              groups(first: 1000) {GROUP} totals {GROUP} }} }} fragment M on Money {{ amount currency }}"""
            found = (await asker.data(document))["contributionSummary"]
            for part, by in (("groups", dimensions), ("totals", [])):
                expected = [as_answered(seen, by, group) for group in await seen.summed(by, where)]
                assert [as_numbers(group) for group in found[part]] == expected, (row.short_name, by)


async def test_contributions_of_hidden_providers_are_one_group(asker: Asker, seen: World) -> None:
    for dimensions in ("PROVIDER", "PROVIDER, YEAR", "PROVIDER, KIND", "PROVIDER, WORKING_GROUP"):
        document = f"""{{ contributionSummary(groupBy: [{dimensions}]) {{ groups(first: 1000) {{
          provider {{ id }} currency year kind workingGroup {{ id }} }} }} }}"""
        groups = (await asker.data(document))["contributionSummary"]["groups"]
        unnamed = [str(group) for group in groups if group["provider"] is None]
        assert len(unnamed) == len(set(unnamed)), dimensions


def test_every_organisation_is_of_one_of_the_two_types() -> None:
    assert {NODES[name] for name in ("MemberState", "Partner")} == {
        ("organisations", IS_STATE),
        ("organisations", IS_PARTNER),
    }
    assert {name for name, _, _ in listings()} == set(LISTS) == set(schema_lists())


def schema_lists() -> list[str]:
    """The connections of the root."""
    query = schema._schema.query_type
    assert query is not None
    return [n for n, f in query.fields.items() if get_named_type(f.type).name.endswith("Connection")]
