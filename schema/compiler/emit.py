"""A selection -> one SELECT that builds its JSON. The only place that writes FROM and WHERE.

Wherever a table is read, the policy's predicate goes with it: rows, counts and existence alike.
Values are always bind parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Numeric,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    inspect,
    literal,
    literal_column,
    null,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by
from sqlalchemy.orm import RelationshipProperty, aliased
from sqlalchemy.sql import visitors

from hub import policy
from hub.db.base import Base
from schema.compiler import ids, paging
from schema.compiler.mapping import (
    KEY,
    REGISTRY,
    ColumnField,
    ConnectionField,
    Context,
    DerivedField,
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

TYPE_KEY = "type:"
"""Beside an abstract type's fields: the concrete type's name. No GraphQL name holds a colon."""

Fields = Mapping[str, list[FieldDetails]]


class Emitter:
    """Writes the statement of one root field, for one actor."""

    def __init__(self, info: Any, context: Context) -> None:
        self.schema: GraphQLSchema = info.schema
        self.operation = info.operation
        self.variables = VariableValues({}, info.variable_values)  # the executor passes the coerced ones
        self.fragments = {name: FragmentDetails(node) for name, node in info.fragments.items()}
        self.context = context
        self._number = 0

    # -- what is selected ------------------------------------------------------------------------

    def fields(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Fields:
        """The fields selected of the type, merged by response key, in order."""
        return collect_subfields(
            self.schema, self.fragments, self.variables, self.operation, type_, details
        ).grouped_field_set

    def arguments(self, declared: GraphQLField, details: list[FieldDetails]) -> dict[str, Any]:
        """The field's arguments, coerced; an omitted one is missing."""
        return get_argument_values(declared, details[0].node, self.variables)

    # -- objects ---------------------------------------------------------------------------------

    def root(self, declared: GraphQLField, details: list[FieldDetails]) -> Select[Any]:
        """The whole statement of a root field: one row, one JSON value."""
        value = self.field(declared, details, at=None, type_name="Query")
        return select(value.label("data"))

    def object(self, type_: GraphQLNamedType, details: list[FieldDetails], at: Any) -> ColumnElement[Any]:
        """The JSON object of a row, for an object type or for whichever type of an interface it is."""
        if isinstance(type_, GraphQLInterfaceType):
            return self._abstract(type_, details, at)
        assert isinstance(type_, GraphQLObjectType)
        return self._concrete(type_, details, at)

    def _abstract(
        self, type_: GraphQLInterfaceType, details: list[FieldDetails], at: Any
    ) -> ColumnElement[Any]:
        options = sorted(self.schema.get_possible_types(type_), key=lambda possible: possible.name)
        branches = [
            (
                REGISTRY.variants[possible.name](at),
                self._concrete(possible, details, at, [_type_pair(possible.name)]),
            )
            for possible in options
        ]
        return case(*branches)

    def _concrete(
        self,
        type_: GraphQLObjectType,
        details: list[FieldDetails],
        at: Any,
        more: list[tuple[str, ColumnElement[Any]]] | None = None,
    ) -> ColumnElement[Any]:
        pairs = list(more or [])
        for key, nodes in self.fields(type_, details).items():
            name = nodes[0].node.name.value
            if name == "__typename":
                pairs.append((key, literal(type_.name, Text)))
            else:
                pairs.append((key, self.field(type_.fields[name], nodes, at, type_.name)))
        return json_object(pairs)

    # -- fields ----------------------------------------------------------------------------------

    def field(
        self, declared: GraphQLField, details: list[FieldDetails], at: Any, type_name: str
    ) -> ColumnElement[Any]:
        """The JSON value of one field of the row `at`."""
        mapping = field_mapping(declared, type_name)
        type_ = get_named_type(declared.type)
        match mapping:
            case ColumnField(name):
                return scalar(_column(at, name))
            case IdField():
                return global_id(type_name, at.id)
            case ExpressionField(sql):
                return sql(at, self.context)
            case MoneyField(amount, currency):
                return self._money(_column(at, amount), _column(at, currency), type_, details)
            case OneField():
                return self._one(mapping, type_, details, at)
            case ManyField(relationship):
                return self._many(relationship, type_, details, at)
            case ConnectionField():
                arguments = self.arguments(declared, details)
                return self._connection(mapping, type_, details, at, arguments, type_name, declared)
            case DerivedField():
                return self._derived(mapping, declared, details, at)
            case LookupField(model, where) if model is Base:
                return self._node(declared, details)
            case LookupField(model, where):
                entity = self.entity(model)
                found = where(entity, self.arguments(declared, details), self.context)
                return self._row(entity, model, type_, details, found).scalar_subquery()
            case GroupField():
                assert isinstance(type_, GraphQLObjectType)
                return self._concrete(type_, details, self.arguments(declared, details))
        raise TypeError(f"{type_name}.{details[0].node.name.value} has no mapping")

    def _node(self, declared: GraphQLField, details: list[FieldDetails]) -> ColumnElement[Any]:
        """Any object by its id: the id says of which type."""
        given = self.arguments(declared, details)["id"]
        found = ids.parse(given)
        name, key = found if found is not None else ("", None)
        model = REGISTRY.models.get(name)
        if model is None:
            ids.local_id(given, "id", types=tuple(sorted(REGISTRY.models)))
        assert model is not None
        type_ = self.schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        entity = self.entity(model)
        more = [_type_pair(name)]
        conditions = [entity.id == key, self.seen(model, entity)]
        if name in REGISTRY.variants:
            conditions.append(REGISTRY.variants[name](entity))
        value = self._concrete(type_, details, entity, more)
        return select(value).select_from(entity).where(*conditions).scalar_subquery()

    def entity(self, model: type[Base]) -> Any:
        """A fresh alias of the model."""
        self._number += 1
        return aliased(model, name=f"t{self._number}")

    def seen(self, model: type[Base], entity: Any) -> ColumnElement[bool]:
        """The policy's predicate on the alias."""
        condition = policy.visible(model, self.context.actor, entity)
        return true() if condition is None else condition

    def row(
        self, model: type[Base], type_: GraphQLObjectType, details: list[FieldDetails], id: Any
    ) -> ColumnElement[Any]:
        """The JSON object of the row with the key; null where the actor does not see it."""
        entity = self.entity(model)
        return self._row(entity, model, type_, details, entity.id == id).scalar_subquery()

    def _row(
        self,
        entity: Any,
        model: type[Base],
        type_: GraphQLNamedType,
        details: list[FieldDetails],
        where: ColumnElement[bool],
    ) -> Select[Any]:
        rows = select(self.object(type_, details, entity)).select_from(entity)
        own = REGISTRY.variants.get(getattr(type_, "name", ""))
        if own is not None:
            where = and_(where, own(entity))
        return rows.where(where, self.seen(model, entity)).limit(1)

    def _one(
        self, mapping: OneField, type_: GraphQLNamedType, details: list[FieldDetails], at: Any
    ) -> ColumnElement[Any]:
        if mapping.relationship is None:
            assert mapping.model is not None
            assert mapping.by is not None
            model = mapping.model
            entity = self.entity(model)
            link: ColumnElement[bool] = entity.id == _column(at, mapping.by)
        else:
            property_ = _relationship(at, mapping.relationship)
            model = property_.mapper.class_
            entity = self.entity(model)
            link = joined(property_.primaryjoin, property_, at, entity)
        return self._row(entity, model, type_, details, link).correlate(at).scalar_subquery()

    def _many(
        self, relationship: str, type_: GraphQLNamedType, details: list[FieldDetails], at: Any
    ) -> ColumnElement[Any]:
        property_ = _relationship(at, relationship)
        entity = self.entity(property_.mapper.class_)
        order = property_.order_by or [property_.mapper.class_.id]
        keys = [getattr(entity, str(column.key)) for column in order]
        value = self.object(type_, details, entity)
        rows = (
            select(func.coalesce(func.json_agg(aggregate_order_by(value, *keys)), text("'[]'::json")))
            .select_from(entity)
            .where(self._linked(property_, at, entity), self.seen(property_.mapper.class_, entity))
            .correlate(at)
        )
        return rows.scalar_subquery()

    def _linked(self, property_: RelationshipProperty[Any], at: Any, entity: Any) -> ColumnElement[bool]:
        """The relationship's condition between the two rows."""
        if property_.secondary is None:
            return joined(property_.primaryjoin, property_, at, entity)
        assert property_.secondaryjoin is not None
        self._number += 1
        between = property_.secondary.alias(f"t{self._number}")
        left = joined(property_.primaryjoin, property_, at, entity, between)
        right = joined(property_.secondaryjoin, property_, at, entity, between)
        return select(literal(1)).select_from(between).where(left, right).correlate(at, entity).exists()

    def _money(
        self,
        amount: ColumnElement[Any],
        currency: ColumnElement[Any],
        type_: GraphQLNamedType,
        details: list[FieldDetails],
    ) -> ColumnElement[Any]:
        assert isinstance(type_, GraphQLObjectType)
        parts = {
            "amount": cast(amount, Text),
            "currency": currency,
            "__typename": literal(type_.name, Text),
        }
        fields = self.fields(type_, details).items()
        pairs = [(key, parts[nodes[0].node.name.value]) for key, nodes in fields]
        return case((amount.is_(None), null()), else_=json_object(pairs))

    def _derived(
        self, mapping: DerivedField, declared: GraphQLField, details: list[FieldDetails], at: Any
    ) -> ColumnElement[Any]:
        outer = at if isinstance(at, Mapping) else {}
        arguments = {**outer, **self.arguments(declared, details)}
        self._number += 1
        rows = mapping.rows(self.context, arguments).subquery(f"t{self._number}")
        value = self.object(get_named_type(declared.type), details, rows)
        aggregate = func.coalesce(
            func.json_agg(aggregate_order_by(value, rows.c.row_order)), text("'[]'::json")
        )
        return select(aggregate).select_from(rows).scalar_subquery()

    def _connection(
        self,
        mapping: ConnectionField,
        type_: GraphQLNamedType,
        details: list[FieldDetails],
        at: Any,
        arguments: dict[str, Any],
        type_name: str,
        declared: GraphQLField,
    ) -> ColumnElement[Any]:
        assert isinstance(type_, GraphQLObjectType)
        listing = mapping.listing
        name = f"{type_name}.{details[0].node.name.value}"
        page = paging.Page.of(listing, arguments, name)

        def rows(entity: Any) -> list[ColumnElement[bool]]:
            found = [self.seen(listing.model, entity), *page.conditions(entity)]
            if mapping.relationship is not None:
                found.append(self._linked(_relationship(at, mapping.relationship), at, entity))
            if mapping.where is not None:
                found.append(mapping.where(at, entity, self.context))
            return found

        pairs: list[tuple[str, ColumnElement[Any]]] = []
        selected = self.fields(type_, details)
        needs_page = [
            k for k, n in selected.items() if n[0].node.name.value in ("edges", "nodes", "pageInfo")
        ]
        entity = self.entity(listing.model)
        built = _PageBuilder(self, page, entity, type_)
        for key, nodes in selected.items():
            field_name = nodes[0].node.name.value
            if field_name == "totalCount":
                counted = self.entity(listing.model)
                total = select(func.count()).select_from(counted).where(*rows(counted))
                pairs.append((key, _correlated(total, at).scalar_subquery()))
            elif field_name == "__typename":
                pairs.append((key, literal(type_.name, Text)))
            else:
                pairs.append((key, built.part(field_name, nodes)))
        if not needs_page:
            return json_object(pairs)
        inner = _correlated(built.rows(rows(entity)), at).subquery(built.name)
        return _correlated(select(json_object(pairs)).select_from(inner), at).scalar_subquery()


class _PageBuilder:
    """The rows of one page, numbered, and what a connection says of them.

    The page is read with one row more than asked for, which tells whether another page follows.
    """

    def __init__(self, emitter: Emitter, page: paging.Page, entity: Any, type_: GraphQLObjectType) -> None:
        self.emitter, self.page, self.entity, self.type = emitter, page, entity, type_
        emitter._number += 1
        self.name = f"t{emitter._number}"
        self._columns: list[ColumnElement[Any]] = []
        self._place: ColumnElement[int] = literal_column(f"{self.name}.place")

    def part(self, name: str, details: list[FieldDetails]) -> ColumnElement[Any]:
        """The JSON of `edges`, `nodes` or `pageInfo`."""
        emitter = self.emitter
        declared = self.type.fields[name]
        inner = get_named_type(declared.type)
        assert isinstance(inner, GraphQLObjectType | GraphQLInterfaceType)
        if name == "nodes":
            return self._aggregate(self._carry(emitter.object(inner, details, self.entity)))
        assert isinstance(inner, GraphQLObjectType)
        pairs: list[tuple[str, ColumnElement[Any]]] = []
        for key, nodes in emitter.fields(inner, details).items():
            field_name = nodes[0].node.name.value
            if field_name == "__typename":
                pairs.append((key, literal(inner.name, Text)))
            elif name == "pageInfo":
                pairs.append((key, self._page_info(field_name)))
            elif field_name == "cursor":
                pairs.append((key, self._carry(self.page.cursor(self.entity))))
            else:
                node_type = get_named_type(inner.fields["node"].type)
                pairs.append((key, self._carry(emitter.object(node_type, nodes, self.entity))))
        return json_object(pairs) if name == "pageInfo" else self._aggregate(json_object(pairs))

    def rows(self, conditions: list[ColumnElement[bool]]) -> Select[Any]:
        """The page's rows, with the columns that the parts carry."""
        order = self.page.order(self.entity)
        place = func.row_number().over(order_by=order).label("place")
        return (
            select(place, *self._columns)
            .select_from(self.entity)
            .where(*conditions, *self.page.keyset(self.entity))
            .order_by(*order)
            .limit(self.page.size + 1)
        )

    def _carry(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        name = f"c{len(self._columns)}"
        self._columns.append(value.label(name))
        return literal_column(f"{self.name}.{name}")

    def _aggregate(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        place = self._place.desc() if self.page.is_backward else self._place
        kept = func.json_agg(aggregate_order_by(value, place)).filter(self._place <= self.page.size)
        return func.coalesce(kept, text("'[]'::json"))

    def _page_info(self, name: str) -> ColumnElement[Any]:
        more = func.coalesce(func.max(self._place), 0) > self.page.size
        given = literal(self.page.after is not None or self.page.before is not None, Boolean)
        if name in ("hasNextPage", "hasPreviousPage"):
            is_onward = (name == "hasNextPage") != self.page.is_backward
            return more if is_onward else given
        carried = self._carry(self.page.cursor(self.entity))
        is_first = (name == "startCursor") != self.page.is_backward
        order = self._place if is_first else self._place.desc()
        kept = func.json_agg(aggregate_order_by(carried, order)).filter(self._place <= self.page.size)
        return kept.op("->>")(text("0"))


def field_mapping(declared: GraphQLField, type_name: str) -> FieldMapping | None:
    """The mapping of a field of the finished schema."""
    mapping: FieldMapping | None = declared.extensions.get(KEY)
    if mapping is None:
        definition = declared.extensions["strawberry-definition"]
        is_money = getattr(get_named_type(declared.type), "name", "") == "Money"
        mapping = mapping_of(definition, REGISTRY.models.get(type_name), type_name, is_money)
        declared.extensions[KEY] = mapping
    return mapping


def joined(
    condition: ColumnElement[bool],
    property_: RelationshipProperty[Any],
    parent: Any,
    child: Any,
    between: Any = None,
) -> ColumnElement[bool]:
    """A relationship's condition with its tables replaced by the aliases of this statement."""

    def replace(element: Any, **_: Any) -> Any:
        table = getattr(element, "table", None)
        if table is None:
            return None
        if between is not None and table is property_.secondary:
            return between.c[element.key]
        remote = "remote" in element._annotations
        is_child = remote if between is None else table.name == property_.mapper.class_.__tablename__
        return _column(child if is_child else parent, element.key)

    replaced: ColumnElement[bool] = visitors.replacement_traverse(condition, {}, replace)
    return replaced


def _relationship(at: Any, name: str) -> RelationshipProperty[Any]:
    return inspect(at).mapper.relationships[name]  # type: ignore[no-any-return]


def _column(at: Any, name: str) -> ColumnElement[Any]:
    columns = getattr(at, "c", None)
    found: ColumnElement[Any] = getattr(at, name) if columns is None else columns[name]
    return found


def _correlated(statement: Select[Any], at: Any) -> Select[Any]:
    """Refer to the parent row, where there is one, and to nothing else outside."""
    return statement.correlate(None if at is None or isinstance(at, Mapping) else at)


def scalar(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as JSON gives it back exactly: numbers that are not whole travel as text."""
    return cast(value, Text) if isinstance(value.type, Numeric) else value


def global_id(type_name: str, key: ColumnElement[Any]) -> ColumnElement[Any]:
    """The Relay id, as `schema.compiler.ids.global_id` makes it; base64 lines are joined."""
    plain = literal(f"{type_name}:", Text).concat(cast(key, Text))
    return func.translate(func.encode(func.convert_to(plain, "UTF8"), "base64"), "\n", "")


PAIRS_A_CALL = 50
"""PostgreSQL takes at most 100 arguments to a function."""


def json_object(pairs: list[tuple[str, ColumnElement[Any]]]) -> ColumnElement[Any]:
    """The pairs as one JSON object."""
    if len(pairs) <= PAIRS_A_CALL:
        return func.json_build_object(*_flat(pairs), type_=JSON)
    chunks = [pairs[i : i + PAIRS_A_CALL] for i in range(0, len(pairs), PAIRS_A_CALL)]
    whole: ColumnElement[Any] = func.jsonb_build_object(*_flat(chunks[0]))
    for chunk in chunks[1:]:
        whole = whole.op("||")(func.jsonb_build_object(*_flat(chunk)))
    return whole


def _type_pair(name: str) -> tuple[str, ColumnElement[Any]]:
    return TYPE_KEY, literal(name, Text)


def _flat(pairs: list[tuple[str, ColumnElement[Any]]]) -> list[ColumnElement[Any]]:
    return [part for key, value in pairs for part in (literal(key, Text), value)]


def is_list(type_: GraphQLOutputType) -> bool:
    """Whether a field gives a list."""
    inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    return isinstance(inner, GraphQLList)
