"""A selection -> one SELECT whose one value is the JSON text of the answer.

The only place that writes FROM and WHERE. Wherever a table is read, the policy's predicate goes with it:
rows, counts and existence alike. What somebody gave is always a bind parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues
from sqlalchemy import ColumnElement, Select, Text, Uuid, and_, bindparam, func, literal_column, select, true
from sqlalchemy.orm import RelationshipDirection

from hub import policy
from hub.db.base import Base
from schema.compiler import ids
from schema.compiler.association import Association, keeps
from schema.compiler.listing import Listing, more
from schema.compiler.mapping import (
    KEY,
    REGISTRY,
    ColumnField,
    ConnectionField,
    Context,
    DerivedField,
    EventField,
    ExpressionField,
    FieldMapping,
    GroupField,
    IdField,
    LookupField,
    ManyField,
    MoneyField,
    OneField,
    mapping_of,
)
from schema.compiler.pages import Page
from schema.compiler.rows import DerivedRow, Row, linked, referring
from schema.compiler.text import (
    NULL,
    Piece,
    base64_of,
    joined,
    json_list,
    json_object,
    json_scalar,
    listed,
    when,
    whole,
)
from schema.compiler.values import Arguments, Binds, arguments_of

TYPE_KEY = "type:"
"""Beside an abstract type's fields: the concrete type's name. No GraphQL name holds a colon."""

EVENT = "event_row"
"""The bind of a subscription's statement that holds the key of the row of which an event tells."""

Fields = Mapping[str, list[FieldDetails]]
Text_ = ColumnElement[Any]


class Uncompilable(Exception):
    """The selection holds something that only the normal executor can answer."""


class Emitter:
    """Writes one statement for one operation, or for one field of it, and one actor."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, Any],
        operation: Any,
        variables: Any,
        context: Context,
        *,
        marks_types: bool = False,
    ) -> None:
        self.schema, self.operation, self.context = schema, operation, context
        self.fragments = {name: FragmentDetails(node) for name, node in fragments.items()}
        # The executor passes the coerced values, and calls them otherwise.
        self.variables = VariableValues({}, getattr(variables, "coerced", variables))
        self.binds = Binds()
        self.marks_types = marks_types
        """Whether objects of abstract types say which they are, for the executor to read."""
        self._number = 0

    # -- what is selected ------------------------------------------------------------------------

    def fields(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Fields:
        """The fields selected of the type, merged by response key, in order."""
        return collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, type_, details
        ).grouped_field_set

    def arguments(self, declared: GraphQLField, details: list[FieldDetails]) -> Arguments:
        """The field's arguments; omitted and null ones are left out."""
        return arguments_of(declared, details[0].node, self.variables.coerced, self.binds)

    # -- objects ---------------------------------------------------------------------------------

    def object(self, type_: GraphQLNamedType, details: list[FieldDetails], at: Row) -> Text_:
        """The JSON object of a row, for an object type or for whichever type of an interface it is."""
        if isinstance(type_, GraphQLInterfaceType):
            return self._variant(type_, details, at)
        assert isinstance(type_, GraphQLObjectType)
        return self.concrete(type_, details, at)

    def _variant(self, type_: GraphQLInterfaceType, details: list[FieldDetails], at: Row) -> Text_:
        """The object of whichever type the row is; said once where it is the same for each of them."""
        options = sorted(self.schema.get_possible_types(type_), key=lambda possible: possible.name)
        number, branches = self._number, []
        for option in options:
            self._number = number  # each is a scope of its own: equal ones get equal names
            value = self.concrete(option, details, at, is_variant=True)
            branches.append((REGISTRY.variants[option.name](at), value))
        first = branches[0][1]
        if all(value.compare(first) for _, value in branches[1:]):
            return first
        return when(branches)

    def concrete(
        self, type_: GraphQLObjectType, details: list[FieldDetails], at: Any, *, is_variant: bool = False
    ) -> Text_:
        """The JSON object of a row that is of the object type."""
        pairs: list[tuple[str, Piece]] = []
        if is_variant and self.marks_types:
            pairs.append((TYPE_KEY, f'"{type_.name}"'))
        for key, nodes in self.fields(type_, details).items():
            name = nodes[0].node.name.value
            if name == "__typename":
                pairs.append((key, f'"{type_.name}"'))
            else:
                pairs.append((key, self.field(type_.fields[name], nodes, at, type_.name)))
        return json_object(pairs)

    # -- fields ----------------------------------------------------------------------------------

    def field(self, declared: GraphQLField, details: list[FieldDetails], at: Any, type_name: str) -> Text_:
        """The JSON of one field of the row `at`, its null spelt out."""
        mapping = field_mapping(declared, type_name)
        type_ = get_named_type(declared.type)
        is_nullable = not isinstance(declared.type, GraphQLNonNull)
        match mapping:
            case ColumnField(name):
                is_plain = isinstance(type_, GraphQLEnumType) or at.is_plain(name)
                value = json_scalar(at.column(name), is_plain=is_plain)
                return whole(value, may_be_null=at.may_be_null(name), is_nullable=is_nullable)
            case IdField():
                return global_id(type_name, at.column("id"))
            case ExpressionField(sql):
                value = json_scalar(sql(at, self.context))
                return whole(value, may_be_null=is_nullable, is_nullable=True)
            case MoneyField():
                return self._money(mapping, type_, details, at, is_nullable)
            case OneField():
                return whole(
                    self._one(mapping, type_, details, at), may_be_null=True, is_nullable=is_nullable
                )
            case ManyField(relationship):
                return self._many(relationship, type_, details, at)
            case ConnectionField():
                return self._connection(mapping, declared, details, at, type_name)
            case DerivedField():
                return self._derived(mapping, declared, details, at)
            case LookupField():
                return self._lookup(mapping, declared, details)
            case EventField():
                return self._event(mapping, declared, details)
            case GroupField():
                assert isinstance(type_, GraphQLObjectType)
                return self.concrete(type_, details, self.arguments(declared, details))
        raise Uncompilable(f"{type_name}.{details[0].node.name.value}")

    def name(self) -> str:
        """A fresh alias."""
        self._number += 1
        return f"t{self._number}"

    def row(self, model: type[Base]) -> Row:
        """A fresh row of the model."""
        return Row(model, self.name())

    def seen(self, row: Row, at: Row | None = None, relationship: str | None = None) -> ColumnElement[bool]:
        """The policy's predicate on the row; nothing where whoever sees the row `at` sees this one."""
        if at is not None and relationship is not None:
            column = referring(at.relationship(relationship))
            if column and policy.seen_with(row.model, self.context.actor, at.model, column):
                return true()
        condition = policy.visible(row.model, self.context.actor, row)
        return true() if condition is None else condition

    def payload(
        self, model: type[Base], type_: GraphQLObjectType, asked: Mapping[str, list[FieldDetails]], id: Any
    ) -> Select[Any]:
        """The JSON of the row with the key, once under each response key; no row where it is not seen."""
        row = self.row(model)
        own = REGISTRY.variants.get(type_.name)
        pairs: list[tuple[str, Piece]] = [
            (key, self.concrete(type_, details, row)) for key, details in asked.items()
        ]
        found = select(json_object(pairs)).select_from(row.table)
        return found.where(row.column("id") == id, true() if own is None else own(row), self.seen(row))

    def _only(
        self,
        row: Row,
        type_: GraphQLNamedType,
        details: list[FieldDetails],
        where: ColumnElement[bool],
        *,
        may_be_more: bool = False,
    ) -> Text_:
        """The JSON object of the one row that the condition leaves."""
        own = REGISTRY.variants.get(type_.name)
        if own is not None:
            where = and_(where, own(row))
        found = select(self.object(type_, details, row)).select_from(row.table)
        found = found.where(where, self.seen(row))
        return (found.limit(literal_column("1")) if may_be_more else found).scalar_subquery()

    def _lookup(self, mapping: LookupField, declared: GraphQLField, details: list[FieldDetails]) -> Text_:
        arguments, type_ = self.arguments(declared, details), get_named_type(declared.type)
        if mapping.model is Base:
            return self._node(arguments, details)
        row = self.row(mapping.model)
        found = self._only(row, type_, details, mapping.where(row, arguments, self.context))
        return whole(found, may_be_null=True, is_nullable=True)

    def _node(self, arguments: Arguments, details: list[FieldDetails]) -> Text_:
        """Any object by its id: the id says of which type, and so the statement depends on it."""
        nodes = self._node_types()
        name = arguments["id"].known(ids.type_name)
        if name not in nodes:
            raise ids.unusable(name, "id", types=nodes)
        type_ = self.schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        row = self.row(REGISTRY.models[name])
        key = arguments["id"].sql(row.column("id").type, ids.reader("id", types=nodes))
        where = and_(row.column("id") == key, self.seen(row))
        if name in REGISTRY.variants:
            where = and_(where, REGISTRY.variants[name](row))
        value = self.concrete(type_, details, row, is_variant=True)
        found = select(value).select_from(row.table).where(where).scalar_subquery()
        return whole(found, may_be_null=True, is_nullable=True)

    def _event(self, mapping: EventField, declared: GraphQLField, details: list[FieldDetails]) -> Text_:
        """The JSON of a change; null where the actor does not see the row or its part, or it is filtered out.

        The event names the row itself or one of its parts; keys are unique in the whole database.
        """
        type_, row = get_named_type(declared.type), self.row(mapping.model)
        assert isinstance(type_, GraphQLObjectType)
        changed = bindparam(EVENT, None, Uuid)
        owners = []
        for model, column in mapping.parts:
            part = self.row(model)
            found = select(part.column(column)).select_from(part.table)
            owners.append(found.where(part.column("id") == changed, self.seen(part)).scalar_subquery())
        where = mapping.where(row, self.arguments(declared, details), self.context)
        parts: list[tuple[str, Piece]] = []
        for key, nodes in self.fields(type_, details).items():
            name = nodes[0].node.name.value
            constant = {"__typename": f'"{type_.name}"', "kind": '"CHANGED"'}.get(name)
            parts.append((key, constant or self._whole_row(type_.fields[name], nodes, row)))
        is_it = row.column("id") == func.coalesce(*owners, changed)
        found = select(json_object(parts)).select_from(row.table).where(is_it, self.seen(row), *where)
        return found.scalar_subquery()

    def _whole_row(self, declared: GraphQLField, details: list[FieldDetails], row: Row) -> Text_:
        return self.object(get_named_type(declared.type), details, row)

    def _node_types(self) -> tuple[str, ...]:
        interface = self.schema.type_map["Node"]
        assert isinstance(interface, GraphQLInterfaceType)
        return tuple(sorted(possible.name for possible in self.schema.get_possible_types(interface)))

    def _one(self, mapping: OneField, type_: GraphQLNamedType, details: list[FieldDetails], at: Row) -> Text_:
        if mapping.relationship is not None:
            property_ = at.relationship(mapping.relationship)
            row = self.row(property_.mapper.class_)
            where = linked(property_.primaryjoin, property_, at, row)
            if property_.direction is not RelationshipDirection.MANYTOONE:
                return self._only(row, type_, details, where, may_be_more=True)
            return self._only(row, type_, details, where)
        assert mapping.model is not None
        assert mapping.by is not None
        row = self.row(mapping.model)
        return self._only(row, type_, details, row.column("id") == at.column(mapping.by))

    def _many(
        self, relationship: str, type_: GraphQLNamedType, details: list[FieldDetails], at: Row
    ) -> Text_:
        property_ = at.relationship(relationship)
        row = self.row(property_.mapper.class_)
        order = [row.column(str(column.key)) for column in property_.order_by or [property_.mapper.class_.id]]
        rows = select(listed(self.object(type_, details, row), *order)).select_from(row.table)
        condition = self._of(relationship, at, row), self.seen(row, at, relationship)
        return json_list(rows.where(*condition).scalar_subquery())

    def _of(self, relationship: str, at: Row, row: Row) -> ColumnElement[bool]:
        """That the row is at the end of the relationship of the row `at`."""
        property_ = at.relationship(relationship)
        if property_.secondary is None:
            return linked(property_.primaryjoin, property_, at, row)
        assert property_.secondaryjoin is not None
        between = self.name()
        association = property_.secondary.alias(between)
        left = linked(property_.primaryjoin, property_, at, row, between)
        right = linked(property_.secondaryjoin, property_, at, row, between)
        return select(literal_column("1")).select_from(association).where(left, right).exists()

    def _money(
        self,
        mapping: MoneyField,
        type_: GraphQLNamedType,
        details: list[FieldDetails],
        at: Row,
        is_nullable: bool,
    ) -> Text_:
        assert isinstance(type_, GraphQLObjectType)
        amount, currency = at.column(mapping.amount), at.column(mapping.currency)
        parts: dict[str, Piece] = {
            "amount": json_scalar(amount),
            "currency": json_scalar(currency, is_plain=at.is_plain(mapping.currency)),
            "__typename": f'"{type_.name}"',
        }
        pairs = [(key, parts[n[0].node.name.value]) for key, n in self.fields(type_, details).items()]
        value = json_object(pairs)
        if not at.may_be_null(mapping.amount):
            return value
        return when(
            [(amount.is_(None), whole(NULL, may_be_null=False, is_nullable=is_nullable)), (true(), value)]
        )

    def _derived(
        self, mapping: DerivedField, declared: GraphQLField, details: list[FieldDetails], at: Any
    ) -> Text_:
        arguments = {**(at or {}), **self.arguments(declared, details)}
        name = self.name()
        rows = mapping.rows(self.context, arguments).subquery(name)
        row = DerivedRow(rows, name)
        value = listed(self.object(get_named_type(declared.type), details, row), row.column("row_order"))
        return json_list(select(value).select_from(rows).scalar_subquery())

    # -- connections -----------------------------------------------------------------------------

    def _connection(
        self,
        mapping: ConnectionField,
        declared: GraphQLField,
        details: list[FieldDetails],
        at: Any,
        owner: str,
    ) -> Text_:
        type_ = get_named_type(declared.type)
        assert isinstance(type_, GraphQLObjectType)
        name = f"{owner}.{details[0].node.name.value}"
        page = Page.of(mapping.listing, self.arguments(declared, details), name)

        asked = self.fields(type_, details)
        listing = Listing(self, page, needs_more=more(page) in self._told(type_, asked))
        if mapping.relationship is not None and keeps(at.relationship(mapping.relationship), page.column):
            property_ = at.relationship(mapping.relationship)
            listing.through = Association(property_, at, listing.row, self.name())

        def conditions(row: Row) -> list[ColumnElement[bool]]:
            found = [self.seen(row, at, mapping.relationship), *page.conditions(row, self.context)]
            if listing.through is not None and row is listing.row:
                found += listing.through.conditions
            elif mapping.relationship is not None:
                found.append(self._of(mapping.relationship, at, row))
            if mapping.where is not None:
                found.append(mapping.where(row, self.context))
            return found

        pairs: list[tuple[str, Piece]] = []
        for key, nodes in asked.items():
            field_name = nodes[0].node.name.value
            if field_name == "totalCount":
                counted = self.row(mapping.listing.model)
                total = select(func.count()).select_from(counted.table).where(*conditions(counted))
                pairs.append((key, json_scalar(total.scalar_subquery())))
            elif field_name == "__typename":
                pairs.append((key, f'"{type_.name}"'))
            else:
                pairs.append((key, listing.part(type_.fields[field_name], nodes)))
        rows = listing.rows(conditions)  # a cursor or filter that is wrong is refused, whatever is selected
        if not listing.is_read:
            return json_object(pairs)
        return select(json_object(pairs)).select_from(rows).scalar_subquery()

    def _told(self, type_: GraphQLObjectType, asked: Fields) -> set[str]:
        """What is asked of a connection's page."""
        page_info = get_named_type(type_.fields["pageInfo"].type)
        assert isinstance(page_info, GraphQLObjectType)
        asking = [nodes for nodes in asked.values() if nodes[0].node.name.value == "pageInfo"]
        found = [self.fields(page_info, nodes) for nodes in asking]
        return {nodes[0].node.name.value for fields in found for nodes in fields.values()}


def field_mapping(declared: GraphQLField, type_name: str) -> FieldMapping | None:
    """The mapping of a field of the finished schema."""
    mapping: FieldMapping | None = declared.extensions.get(KEY)
    definition = declared.extensions.get("strawberry-definition")
    if mapping is None and definition is not None and definition.base_resolver is None:
        is_money = getattr(get_named_type(declared.type), "name", "") == "Money"
        mapping = mapping_of(definition, REGISTRY.models.get(type_name), type_name, is_money)
        declared.extensions[KEY] = mapping
    return mapping


def global_id(type_name: str, key: ColumnElement[Any]) -> ColumnElement[Any]:
    """The Relay id, as `schema.compiler.ids.global_id` makes it; base64 lines are joined."""
    return base64_of(joined([f"{type_name}:", key.cast(Text)]))
