"""Charts as SVG text: exact, deterministic, without style attributes, the same on a page and in a PDF.

A chart is drawn 480 units wide and scales by its viewBox. Each row of figures is a group of bars; every bar
has its figure beside it, so that nobody has to measure. The page gives the same figures in a table.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from functools import reduce
from typing import Final, NamedTuple, TypeAlias

from markupsafe import Markup, escape

from hub.web.templating import grouped_number

WIDTH: Final = 480
BAR_HEIGHT: Final = 18
BAR_GAP: Final = 4
GROUP_GAP: Final = 14
LINE: Final = 22
GUTTER: Final = 10
# Letters are 12 units high on the page and in print, 18 where the stylesheet enlarges them for small screens:
# room is reserved for the larger.
FONT_SIZE: Final = 12
ROOMY_FONT_SIZE: Final = 18
SHORT_LABEL: Final = 108
# Half of the first tick's text, which is centred at the left edge of the bars.
NEGATIVE_TICK: Final = 36
TARGET_STEPS: Final = 4
MIN_STEP: Final = 20
BASELINE: Final = 14

INK: Final = "#16242e"
RULE: Final = "#c3cfd4"
# Each series has its own colour and its own pattern; the two lists together repeat only after twelve series.
COLOURS: Final = ("#0f4c5c", "#a34a00", "#57407f", "#17663f")
PATTERNS: Final = (
    "",
    "M-1 1l2-2M0 8l8-8M7 9l2-2",
    "M2 2h1.5v1.5h-1.5zM6 6h1.5v1.5h-1.5z",
    "M0 0l8 8M8 0l-8 8",
    "M2 0v8M6 0v8",
    "M0 2h8M0 6h8",
)
MAX_SERIES: Final = 12

# Division by 1, 2, 2.5 or 5 times a power of ten always ends: every length below is exact.
EXACT: Final = Context(prec=200)
SCALES: Final = ((12, "trillion"), (9, "billion"), (6, "million"), (3, "thousand"))
NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure: its row (a year), its series (a stage; empty if there is only one), its value."""

    label: str
    series: str
    value: Decimal


# The figures by label, then by series.
Table: TypeAlias = dict[str, dict[str, Decimal]]


class Axis(NamedTuple):
    """Equal steps of 1, 2, 2.5 or 5 times a power of ten, with zero among its ticks."""

    first: Decimal
    step: Decimal
    steps: int

    @property
    def ticks(self) -> tuple[Decimal, ...]:
        return tuple(EXACT.fma(self.step, Decimal(n), self.first) for n in range(self.steps + 1))


class Plot(NamedTuple):
    """Where the bars go: the axis, its left edge and the whole number of units that one step is wide."""

    axis: Axis
    left: int
    units_per_step: int

    def length(self, value: Decimal) -> Decimal:
        """Exactly proportional to the value, in units."""
        return EXACT.divide(EXACT.multiply(value, Decimal(self.units_per_step)), self.axis.step)

    def x(self, value: Decimal) -> Decimal:
        return EXACT.add(Decimal(self.left), self.length(EXACT.subtract(value, self.axis.first)))


class Drawing(NamedTuple):
    """What every part of one chart needs to know of the whole."""

    ident: str
    unit: str
    series: Sequence[str]
    plot: Plot


class Piece(NamedTuple):
    """A part of the drawing and the height that it took."""

    svg: Markup
    height: int


def bar_chart(
    title: str,
    description: str,
    rows: Sequence[Bar],
    unit: str,
    *,
    is_stacked: bool = False,
    chart_id: str | None = None,
) -> Markup:
    """Horizontal bars, grouped by label in the order given; a sentence where there is nothing to draw.

    `unit` is what is counted, a currency's code for money. Stack only what may be added: the parts of one
    stage, never pledges on commitments. `chart_id` is needed only to put the same chart on a page twice.
    ValueError for more than twelve series, a figure given twice, one not finite, a negative part of a stack.
    """
    if not rows:
        return Markup('<p class="chart-empty">{}: there are no figures to show.</p>').format(_text(title))
    table = _by_label(rows)
    series = list(dict.fromkeys(bar.series for bar in rows))
    _check(rows, series, is_stacked=is_stacked)
    shown = (
        [_sum(figures.values()) for figures in table.values()] if is_stacked else [bar.value for bar in rows]
    )
    ident = chart_id or _identity(title, description, rows, unit, is_stacked)
    drawing = Drawing(ident, unit, series, _plot(table, shown))
    legend = _legend(drawing)
    body = _groups(drawing, table, top=legend.height, is_stacked=is_stacked)
    axis = _axis(drawing, top=legend.height, bottom=legend.height + body.height)
    return Markup(
        '<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="{id}-title {id}-desc" direction="ltr" font-family="sans-serif" font-size="{size}" '
        'fill="{ink}">\n<title id="{id}-title">{title}</title>\n<desc id="{id}-desc">{desc}</desc>\n'
        "{patterns}{legend}{axis}{bars}</svg>"
    ).format(
        width=WIDTH,
        height=legend.height + body.height + axis.height,
        id=ident,
        size=FONT_SIZE,
        ink=INK,
        title=_text(title),
        desc=_text(description),
        patterns=_patterns(drawing),
        legend=legend.svg,
        axis=axis.svg,
        bars=body.svg,
    )


def nice_axis(low: Decimal, high: Decimal) -> Axis:
    """The axis of figures from low to high, zero always included, in about four steps."""
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        return Axis(Decimal(0), Decimal(1), 1)
    rough = EXACT.divide(EXACT.subtract(high, low), Decimal(TARGET_STEPS))
    power = Decimal(1).scaleb(rough.adjusted())
    nice = (Decimal(digits) * power for digits in ("1", "2", "2.5", "5", "10"))
    step = next(candidate for candidate in nice if candidate >= rough)
    first = EXACT.divide(low, step).to_integral_value(ROUND_FLOOR)
    last = EXACT.divide(high, step).to_integral_value(ROUND_CEILING)
    return Axis(EXACT.multiply(first, step), step, int(last - first))


def _by_label(rows: Sequence[Bar]) -> Table:
    table: Table = {}
    for bar in rows:
        figures = table.setdefault(bar.label, {})
        if bar.series in figures:
            raise ValueError(f"the figure of {bar.label!r}, {bar.series!r} is given twice")
        figures[bar.series] = bar.value
    return table


def _check(rows: Sequence[Bar], series: Sequence[str], *, is_stacked: bool) -> None:
    if len(series) > MAX_SERIES:
        raise ValueError(f"{len(series)} series cannot be told apart: {MAX_SERIES} at most")
    for bar in rows:
        if not isinstance(bar.value, Decimal):
            raise TypeError(f"the figure of {bar.label!r} is a {type(bar.value).__name__}, not a Decimal")
        if not bar.value.is_finite():
            raise ValueError(f"the figure of {bar.label!r} is not a finite number")
        if is_stacked and bar.value < 0:
            raise ValueError(f"a stack has no negative part: {bar.label!r}, {bar.series!r}")


def _sum(values: Iterable[Decimal]) -> Decimal:
    return reduce(EXACT.add, values, Decimal(0))


def _plot(table: Table, values: Sequence[Decimal]) -> Plot:
    """Short labels stand left of their bars, long ones above; the figures take the right-hand side."""
    axis = nice_axis(min(values), max(values))
    left = (_widest(table) if _stand_beside(table) else 0) + GUTTER
    if axis.first < 0:
        left = max(left, NEGATIVE_TICK)
    room = WIDTH - left - _widest(map(grouped_number, values)) - GUTTER
    return Plot(axis, left, max(room // axis.steps, MIN_STEP))


def _stand_beside(labels: Iterable[str]) -> bool:
    return _widest(labels) <= SHORT_LABEL


def _widest(texts: Iterable[str]) -> int:
    return max(map(_width, texts))


def _groups(drawing: Drawing, table: Table, *, top: int, is_stacked: bool) -> Piece:
    parts: list[Markup] = []
    y = top + GUTTER
    is_above = not _stand_beside(table)
    for label, figures in table.items():
        parts.append(_label(_shortened(label), x=0, y=y + BASELINE, is_heading=True))
        y += LINE if is_above else 0
        lines = _lines(figures, drawing.series, is_stacked=is_stacked)
        for line in lines:
            parts += _line(drawing, label, line, y=y)
            y += BAR_HEIGHT + BAR_GAP
        y += GROUP_GAP - BAR_GAP
    return Piece(Markup("").join(parts), y - top)


class Segment(NamedTuple):
    series: str
    start: Decimal
    value: Decimal


def _lines(figures: Mapping[str, Decimal], series: Sequence[str], *, is_stacked: bool) -> list[list[Segment]]:
    """A line for each figure, or one line in which each part begins where the one before it ends."""
    segments: list[Segment] = []
    start = Decimal(0)
    for name in series:
        if name in figures:
            segments.append(Segment(name, start, figures[name]))
            start = EXACT.add(start, figures[name]) if is_stacked else start
    return [segments] if is_stacked else [[segment] for segment in segments]


def _line(drawing: Drawing, label: str, segments: Sequence[Segment], *, y: int) -> Iterator[Markup]:
    """The bar or the parts of a stack, and the figure that they come to."""
    for segment in segments:
        place = drawing.series.index(segment.series)
        end = EXACT.add(segment.start, segment.value)
        name = ", ".join(part for part in (label, segment.series) if part)
        yield Markup(
            '<rect class="bar bar-{n}" x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}" '
            'stroke="{colour}"><title>{name}: {unit} {value}</title></rect>\n'
        ).format(
            n=place + 1,
            x=_number(drawing.plot.x(min(segment.start, end))),
            y=y,
            width=_number(drawing.plot.length(segment.value.copy_abs())),
            height=BAR_HEIGHT,
            fill=_fill(drawing.ident, place),
            colour=_colour(place),
            name=_text(name),
            unit=_text(drawing.unit),
            value=grouped_number(segment.value),
        )
    total = _sum(segment.value for segment in segments)
    yield _label(grouped_number(total), x=WIDTH, y=y + BASELINE, anchor="end")


def _axis(drawing: Drawing, *, top: int, bottom: int) -> Piece:
    """Grid lines, ticks counted in thousands or more where the figures are large, and what is counted."""
    plot = drawing.plot
    power, word = next(
        ((power, word) for power, word in SCALES if max(map(abs, plot.axis.ticks)) >= Decimal(10) ** power),
        (0, ""),
    )
    parts: list[Markup] = []
    for place, tick in enumerate(plot.axis.ticks):
        x = plot.left + place * plot.units_per_step
        parts.append(
            Markup('<path class="grid" d="M{x} {top}V{bottom}" stroke="{colour}" fill="none"/>\n').format(
                x=x, top=top, bottom=bottom, colour=INK if tick == 0 else RULE
            )
        )
        parts.append(_label(_tick_text(tick, power), x=x, y=bottom + 16, anchor="middle"))
    caption = f"{drawing.unit}, {word}" if word else drawing.unit
    parts.append(_label(caption, x=x, y=bottom + 16 + LINE, anchor="end"))
    return Piece(Markup("").join(parts), 16 + LINE + GUTTER)


def _tick_text(tick: Decimal, power: int) -> str:
    scaled = tick.scaleb(-power)
    whole = scaled == scaled.to_integral_value()
    return grouped_number(scaled.quantize(Decimal(1), context=EXACT) if whole else scaled.normalize())


def _legend(drawing: Drawing) -> Piece:
    """Swatches with the names of the series, in as many lines as they need; none for one nameless series."""
    if list(drawing.series) == [""]:
        return Piece(Markup(""), 0)
    parts: list[Markup] = []
    x, y = 0, 0
    for place, name in enumerate(drawing.series):
        text = _shortened(name)
        width = 24 + _width(text) + 2 * GUTTER
        if x and x + width > WIDTH:
            x, y = 0, y + LINE
        parts.append(
            Markup(
                '<rect class="swatch bar-{n}" x="{x}" y="{y}" width="16" height="14" fill="{fill}" '
                'stroke="{colour}"/>\n'
            ).format(n=place + 1, x=x + 1, y=y + 2, fill=_fill(drawing.ident, place), colour=_colour(place))
        )
        parts.append(_label(text, x=x + 24, y=y + BASELINE))
        x += width
    return Piece(Markup("").join(parts), y + LINE + GUTTER)


def _patterns(drawing: Drawing) -> Markup:
    parts = [
        Markup(
            '<pattern id="{id}" width="8" height="8" patternUnits="userSpaceOnUse">'
            '<path d="M0 0h8v8h-8z" fill="#ffffff"/>'
            '<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/></pattern>\n'
        ).format(
            id=_pattern_id(drawing.ident, place), path=PATTERNS[place % len(PATTERNS)], colour=_colour(place)
        )
        for place in range(len(drawing.series))
        if PATTERNS[place % len(PATTERNS)]
    ]
    return Markup("<defs>\n{}</defs>\n").format(Markup("").join(parts)) if parts else Markup("")


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]


def _pattern_id(ident: str, place: int) -> str:
    return f"{ident}-pattern-{place + 1}"


def _fill(ident: str, place: int) -> str:
    return f"url(#{_pattern_id(ident, place)})" if PATTERNS[place % len(PATTERNS)] else _colour(place)


def _label(text: str, *, x: int, y: int, anchor: str = "start", is_heading: bool = False) -> Markup:
    """A heading has a white edge, so that it is legible across the grid."""
    edge = Markup(' stroke="#ffffff" stroke-width="4" paint-order="stroke"') if is_heading else ""
    return Markup('<text x="{}" y="{}" text-anchor="{}" font-weight="{}"{}>{}</text>\n').format(
        x, y, anchor, "bold" if is_heading else "normal", edge, _text(text)
    )


def _text(text: str) -> Markup:
    """Escaped, with what XML cannot carry at all replaced, so that no label breaks a page."""
    return escape(NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def _width(text: str) -> int:
    """An upper estimate of a text's width in units, at the larger of the two sizes."""
    ems = sum(_ems(letter) for letter in text)
    return int(ems * ROOMY_FONT_SIZE) + 1


def _ems(letter: str) -> float:
    if letter in " ,.'":
        return 0.3
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.65


def _shortened(text: str) -> str:
    """As much of a long name as fits on a line; the bar's own title has the whole."""
    if _width(text) <= WIDTH - 24:
        return text
    kept = text
    while _width(kept + "…") > WIDTH - 24:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def _number(value: Decimal) -> str:
    """A coordinate with every digit that it has and no exponent."""
    digits = f"{value:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _identity(title: str, description: str, rows: Sequence[Bar], unit: str, is_stacked: bool) -> str:
    """The same chart always gets the same ids, another chart on the page always gets others."""
    content = repr((title, description, tuple(rows), unit, is_stacked))
    return f"chart-{hashlib.sha256(content.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
