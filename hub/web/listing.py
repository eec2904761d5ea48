"""Lists with a filter: GET parameters in, a connection's variables out, problems back at their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from starlette.requests import Request

from hub.web.forms import FieldProblem, Form
from hub.web.operations import Operation, Refused, ask
from hub.web.templating import label

PAGE_SIZE: Final = 20
CURSORS: Final = ("after", "before")
LOST_PAGE: Final = "that page of the list cannot be found in this order; this is the first one"


class Listed(NamedTuple):
    """The answer, and the filter form as it was sent, with what was wrong with it."""

    data: dict[str, Any]
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A page over one connection. Filter fields and order values are named as the API names them."""

    operation: Operation
    filters: tuple[str, ...]
    years: frozenset[str] = frozenset()
    orders: Mapping[str, str]
    """What the viewer reads, by order: "STARTS_ON.DESC". The first is the default."""

    def malformed(self, name: str) -> str:
        """What to say of a parameter that cannot be read at all."""
        return "give a year, such as 2026" if name in self.years else "choose one of the list"

    async def read(self, request: Request) -> Listed:
        """The part of the list that the address asks for; without each parameter that the API refuses."""
        sent = Form.read((*self.filters, "orderBy", *CURSORS), request.query_params)
        usable = sent
        problems: tuple[FieldProblem, ...] = ()
        for _ in range(2):
            try:
                data = await ask(request, self.operation, self._variables(usable))
            except Refused as refused:
                found = self._problems(sent, refused)
                problems = tuple(dict.fromkeys((*problems, *found)))
                usable = self._without(usable, found)
            else:
                return Listed(data, replace(sent, problems=problems))
        data = await ask(request, self.operation, {"first": PAGE_SIZE})
        return Listed(data, replace(sent, problems=problems))

    def _variables(self, form: Form) -> dict[str, Any]:
        field, _, direction = (form.given("orderBy") or next(iter(self.orders))).partition(".")
        given: dict[str, Any] = {name: self._value(form, name) for name in self.filters if form.given(name)}
        before = form.given("before")
        return {
            "filter": given,
            "orderBy": {"field": field, "direction": direction},
            **({"last": PAGE_SIZE, "before": before} if before else {"first": PAGE_SIZE}),
            **({"after": form.given("after")} if form.given("after") else {}),
        }

    def _value(self, form: Form, name: str) -> Any:
        if name in self.years:
            return form.number(name)
        chosen = form.chosen(name)
        return list(chosen) if len(chosen) > 1 else form.given(name)

    def _problems(self, form: Form, refused: Refused) -> tuple[FieldProblem, ...]:
        names = {f"filter.{name}": name for name in self.filters}
        malformed = {name: self.malformed(name) for name in form.fields}
        found = form.with_problems(refused.problems, names=names, malformed=malformed).problems
        return tuple(
            FieldProblem(None, problem.code, LOST_PAGE) if problem.field in CURSORS else problem
            for problem in found
        )

    def _without(self, form: Form, problems: tuple[FieldProblem, ...]) -> Form:
        """Without what is wrong, and without the cursors, which belong to the list as it was asked for."""
        dropped = {problem.field for problem in problems} | set(CURSORS)
        return replace(form, values={name: kept for name, kept in form.values.items() if name not in dropped})


def options(any_label: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The choices of an enum that the operation asked the schema for, after one that leaves it open."""
    return [("", any_label), *((value["name"], label(value["name"])) for value in values["enumValues"])]
