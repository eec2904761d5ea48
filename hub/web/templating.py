"""What every page shares: the Jinja2 environment and its filters, hashed assets, the headers of HTML."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

WEB_FOLDER: Final = Path(__file__).parent
ASSET_FOLDER: Final = WEB_FOLDER / "assets"
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

# Names whose everyday form is not simply the words of the enum value.
LABELS: Final = MappingProxyType(
    {
        "CO_CHAIR": "Co-Chair",
        "CO_MANAGER": "Co-Manager",
        "IN_WORKPLAN": "In the work plan",
        "RSO_HIGHLIGHTS": "RSO Highlights",
        "CO_CHAIRS_REPORT": "Co-Chairs report",
        "TOR_DRAFT": "Terms of reference in draft",
        "APPLIED": "Applies",
    }
)

# Colour repeats what the tag's text already says, so a state that is not listed is merely grey.
_STATES_BY_TONE: Final = {
    "green": (
        "ENDORSED ENDORSED_WITH_CONDITIONS IN_WORKPLAN ACCEPTED RECEIVED ACKNOWLEDGED CONFIRMED VETTED "
        "COMPLETED EVALUATED IMPLEMENTATION DEPLOYED REINSTATED"
    ),
    "blue": (
        "SUBMITTED RESUBMITTED SCREENING UNDER_REVIEW IN_CONSULTATION LETTER_ISSUED PLEDGED COMMITTED "
        "OFFERED PARTLY_RECEIVED VALUED DELIVERED UNDER_VETTING FINALISATION CALL_OPEN NOMINATED SCREENED "
        "SELECTED AGREED CLEARED HANDOVER EXTENDED"
    ),
    "amber": "REVISION_REQUESTED RETURNED AWAITING_GUIDANCE AWAITING_DECISION DEFERRED SUSPENDED EXPIRED",
    "red": "NOT_ENDORSED INELIGIBLE REJECTED CANCELLED DECLINED CURTAILED",
}
TONES: Final = MappingProxyType(
    {state: tone for tone, states in _STATES_BY_TONE.items() for state in states.split()}
)


class NavigationItem(NamedTuple):
    label: str
    href: str


NAVIGATION: Final = (
    NavigationItem("Home", "/"),
    NavigationItem("Initiatives", "/initiatives"),
    NavigationItem("Contributions", "/contributions"),
    NavigationItem("Proposals", "/work/proposals"),
)

QueryParameters: TypeAlias = Mapping[str, str | Sequence[str]] | ImmutableMultiDict[str, str]


def as_decimal(amount: Decimal | str | int) -> Decimal:
    """The exact number; TypeError for a float, ValueError for what is not a finite number."""
    if isinstance(amount, bool) or not isinstance(amount, Decimal | str | int):
        raise TypeError(f"an amount is a Decimal, a string or an int, not {type(amount).__name__}")
    try:
        number = Decimal(amount)
    except InvalidOperation as error:
        raise ValueError(f"not a number: {amount!r}") from error
    if not number.is_finite():
        raise ValueError(f"not a finite number: {amount!r}")
    return number


def grouped_number(amount: Decimal | str | int) -> str:
    """Thousands grouped and every digit kept: "-1250000.00" gives "1,250,000.00" after a minus sign."""
    number = as_decimal(amount)
    digits = f"{number.copy_abs():,f}"
    return f"\N{MINUS SIGN}{digits}" if number < 0 else digits


def format_money(amount: Decimal | str | int, currency: str) -> str:
    """The currency's code and the amount with the digits it came with: "AUD 1,250,000.00"."""
    return f"{currency} {grouped_number(amount)}"


def format_date(value: date | str) -> str:
    """A calendar date, "23 November 2026". ValueError for an instant, whose day depends on a time zone."""
    if isinstance(value, datetime):
        raise ValueError("an instant has no calendar date of its own: use the filter `instant`")
    day = value if isinstance(value, date) else date.fromisoformat(value)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def format_instant(value: datetime | str) -> str:
    """An instant in UTC, "23 November 2026, 14:05 UTC". ValueError when it carries no offset."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"an instant needs an offset from UTC: {value!r}")
    moment = moment.astimezone(UTC)
    return f"{format_date(moment.date())}, {moment:%H:%M} UTC"


def label(name: str) -> str:
    """The words of an enum value: "PARTLY_RECEIVED" gives "Partly received"."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def role_options(roles: Sequence[str]) -> list[tuple[str, str]]:
    """Roles as the options of a field."""
    return [(role, label(role)) for role in roles]


def sentence(message: str) -> str:
    """The message with a capital, as where it stands alone: the API's messages begin with a small letter."""
    return message[:1].upper() + message[1:]


def tone(state: str) -> str:
    """The colour of a state's tag: green, blue, amber, red or grey."""
    return TONES.get(state, "grey")


def plural(count: int, singular: str, many: str | None = None) -> str:
    """A count with its noun: "1 initiative", "1,204 initiatives", "3 countries"."""
    noun = singular if count == 1 else many or f"{singular}s"
    return f"{grouped_number(count)} {noun}"


def field_id(name: str) -> str:
    """The element id of a form field: "budget.amount" gives "field-budget-amount"."""
    return f"field-{name.replace('.', '-')}"


def query_string(params: QueryParameters, **changes: str | None) -> str:
    """`?a=1&b=2` of the parameters with some changed; None removes one, empty values are left out."""
    kept = [(name, value) for name, value in _pairs(params) if name not in changes and value]
    kept += [(name, value) for name, value in changes.items() if value]
    return f"?{urlencode(kept)}" if kept else "?"


def _pairs(params: QueryParameters) -> Iterator[tuple[str, str]]:
    if isinstance(params, ImmutableMultiDict):
        yield from params.multi_items()
        return
    for name, value in params.items():
        for one in [value] if isinstance(value, str) else value:
            yield name, one


def current(href: str, path: str) -> str | None:
    """The aria-current of a link: "page" on the page itself, "true" anywhere beneath it."""
    if path == href:
        return "page"
    return "true" if href != "/" and path.startswith(f"{href}/") else None


class Asset(NamedTuple):
    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of one folder, named with their content's hash, so that a browser may keep them."""

    urls: Mapping[str, str]
    served: Mapping[str, Asset]

    MEDIA_TYPES = MappingProxyType({".css": "text/css", ".svg": "image/svg+xml"})

    @classmethod
    def load(cls, folder: Path = ASSET_FOLDER) -> Assets:
        """Read every file once; ValueError for a kind of file that has no media type here."""
        urls: dict[str, str] = {}
        served: dict[str, Asset] = {}
        for file in sorted(folder.iterdir()):
            if file.suffix not in cls.MEDIA_TYPES:
                raise ValueError(f"no media type is known for the asset {file.name}")
            body = file.read_bytes()
            hashed = f"{file.stem}.{hashlib.sha256(body).hexdigest()[:16]}{file.suffix}"
            urls[file.name] = f"/assets/{hashed}"
            served[hashed] = Asset(body, cls.MEDIA_TYPES[file.suffix])
        return cls(MappingProxyType(urls), MappingProxyType(served))

    def url(self, name: str) -> str:
        """The address of an asset by its plain name; KeyError names one that does not exist."""
        return self.urls[name]

    def route(self) -> Route:
        return Route("/assets/{name}", self.serve, name="assets")

    async def serve(self, request: Request) -> Response:
        """A hashed asset, which never changes; 404 for any other name, an older hash included."""
        asset = self.served.get(request.path_params["name"])
        if asset is None:
            raise HTTPException(404)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(asset.body, media_type=asset.media_type, headers=headers)


CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def html_headers(*, is_signed_in: bool) -> dict[str, str]:
    """The headers of every HTML answer. What is shown to a person is not stored on its way."""
    return {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        # The same address shows more to who is signed in: a kept public copy must not answer for it.
        "Cache-Control": "private, no-store" if is_signed_in else "no-cache",
        "Vary": "Cookie",
    }


def environment(assets: Assets, *, is_reloading: bool = False) -> Environment:
    """Templates by their path under hub/web ("layout/base.html"); a name that is not given is an error."""
    templates = Environment(
        loader=FileSystemLoader(WEB_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=400,
        auto_reload=is_reloading,
    )
    templates.filters |= {
        "money": format_money,
        "number": grouped_number,
        "date": format_date,
        "instant": format_instant,
        "label": label,
        "sentence": sentence,
        "tone": tone,
        "plural": plural,
        "field_id": field_id,
    }
    templates.globals |= {
        "asset_url": assets.url,
        "current": current,
        "navigation": NAVIGATION,
        "query_string": query_string,
        "role_options": role_options,
    }
    return templates


def html_page(
    templates: Environment, template: str, context: Mapping[str, Any], *, status_code: int = 200
) -> HTMLResponse:
    """A page with its headers; `context` holds at least viewer, is_demonstration and path."""
    body = templates.get_template(template).render(context)
    headers = html_headers(is_signed_in=context["viewer"] is not None)
    return HTMLResponse(body, status_code=status_code, headers=headers)
