"""The contributions dashboard: by year, kind, state or provider, in one currency at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import forget_stale_session, show
from hub.web.contributions.export import csv_of
from hub.web.contributions.figures import DIMENSIONS, LONGEST_CHART, Row, chart_of, rows_of
from hub.web.forms import FieldProblem, Form
from hub.web.operations import Operation, Refused, ask
from hub.web.templating import html_headers, plural

CONTRIBUTIONS: Final = Operation.beside(__file__)
FIELDS: Final = ("groupBy", "currency")
LABELS: Final = {"groupBy": "Group by", "currency": "Currency"}
MOST_GROUPS: Final = 1000


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What was asked for, with what was wrong with it, and the answer. `currency` None: no one was chosen."""

    data: dict[str, Any]
    form: Form
    dimension: str
    currency: str | None

    @property
    def currencies(self) -> list[tuple[str, str]]:
        """The choices, that of the most contributions first."""
        return [
            (total["currency"], f"{total['currency']} ({plural(total['contributionCount'], 'contribution')})")
            for total in self.data["everything"]["totals"]
        ]

    def rows(self, currency: str | None) -> list[Row]:
        """The rows of one currency, or (None) of each, every row in its own."""
        groups = self.data["contributionSummary"]["groups"]
        kept = [group for group in groups if currency in (None, group["currency"])]
        return rows_of(kept, self.dimension)


async def contributions(request: Request) -> Response:
    """`/contributions`. Where no currency is chosen, that of the most contributions is shown."""
    found = await _read(request)
    currency = found.currency or (found.currencies[0][0] if found.currencies else "")
    rows = found.rows(currency)
    totals = found.data["contributionSummary"]["totals"]
    return show(
        request,
        "contributions/template.html",
        found.data,
        form=replace(found.form, values={"groupBy": (found.dimension,), "currency": (currency,)}),
        labels=LABELS,
        options={"groupBy": list(DIMENSIONS.items()), "currency": found.currencies},
        dimension=found.dimension,
        heading=DIMENSIONS[found.dimension],
        currency=currency,
        rows=rows,
        total=next((total for total in totals if total["currency"] == currency), None),
        chart=chart_of(rows, dimension=found.dimension, currency=currency),
        longest_chart=LONGEST_CHART,
        is_cut_off=len(found.data["contributionSummary"]["groups"]) == MOST_GROUPS,
    )


async def contributions_csv(request: Request) -> Response:
    """`/contributions.csv`: the same figures; where no currency is chosen, all, each row in its own."""
    found = await _read(request)
    name = "-".join(("contributions", found.dimension.lower(), *filter(None, [found.currency])))
    response = Response(
        csv_of(found.rows(found.currency), found.dimension),
        media_type="text/csv; charset=utf-8",
        headers=html_headers(is_signed_in=found.data["viewer"] is not None)
        | {"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
    forget_stale_session(request, response)
    return response


async def _read(request: Request) -> Dashboard:
    form = Form.read(FIELDS, request.query_params)
    problems: list[FieldProblem] = []
    dimension = form.given("groupBy") or "YEAR"
    if dimension not in DIMENSIONS:
        problems.append(FieldProblem("groupBy", "UNKNOWN", "choose one of the list"))
        dimension = "YEAR"
    currency = form.given("currency")
    data = await _ask(request, dimension, currency)
    if currency is not None and all(total["currency"] != currency for total in data["everything"]["totals"]):
        problems.append(
            FieldProblem("currency", "UNKNOWN", "nothing is recorded in it; choose one of the list")
        )
        currency = None
        data = await _ask(request, dimension, currency)
    return Dashboard(data, replace(form, problems=tuple(problems)), dimension, currency)


async def _ask(request: Request, dimension: str, currency: str | None) -> dict[str, Any]:
    """The figures; of all currencies where the API refuses the one that was typed into the address."""
    variables: dict[str, Any] = {"groupBy": [dimension, "CURRENCY"]}
    try:
        return await ask(
            request, CONTRIBUTIONS, variables | ({"filter": {"currency": [currency]}} if currency else {})
        )
    except Refused:
        return await ask(request, CONTRIBUTIONS, variables)
