"""The way in: what this is, how much there is of it, how to try it."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from hub.web.answering import show
from hub.web.operations import Operation, ask

HOME: Final = Operation.beside(__file__)
EXAMPLE: Final = """{
  contributionSummary(groupBy: [YEAR]) {
    groups {
      year
      currency
      pledged { amount }
      committed { amount }
      received { amount }
    }
  }
}"""


async def home(request: Request) -> Response:
    """`/`."""
    data = await ask(request, HOME)
    return show(
        request,
        "home/template.html",
        data,
        example=EXAMPLE,
        example_url="/graphql?" + urlencode({"query": EXAMPLE}),
    )
