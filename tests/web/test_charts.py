"""The chart promises: exact lengths, well-formed and accessible SVG, unbroken by any label."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from hub.web.charts import COLOURS, MAX_SERIES, PATTERNS, Axis, Bar, bar_chart, nice_axis

SVG = "{http://www.w3.org/2000/svg}"
STAGES = ("Pledged", "Committed", "Received")


def chart(rows: list[Bar], *, is_stacked: bool = False, title: str = "Contributions by year") -> Markup:
    return bar_chart(title, "Amounts by year and stage.", rows, "AUD", is_stacked=is_stacked)


def parsed(markup: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(markup)  # noqa: S314 - drawn by the code under test


def bars(svg: ElementTree.Element) -> list[ElementTree.Element]:
    return [rect for rect in svg.iter(f"{SVG}rect") if "swatch" not in rect.attrib["class"].split()]


def texts(svg: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in svg.iter(f"{SVG}text")]


def single(*values: str) -> list[Bar]:
    return [Bar(str(2020 + place), "", Decimal(value)) for place, value in enumerate(values)]


def test_lengths_are_exactly_proportional_to_the_values() -> None:
    values = ["1250000.00", "0.01", "333333.33", "99999999999999.99", "7"]
    lengths = [Fraction(bar.attrib["width"]) for bar in bars(parsed(chart(single(*values))))]
    per_unit = {length / Fraction(value) for length, value in zip(lengths, values, strict=True)}
    assert len(per_unit) == 1


@given(st.lists(st.decimals(min_value=-(10**15), max_value=10**15, places=2), min_size=1, max_size=12))
def test_every_bar_starts_at_zero_and_keeps_to_the_scale(values: list[Decimal]) -> None:
    drawn = bars(parsed(chart([Bar(str(place), "", value) for place, value in enumerate(values)])))
    axis = nice_axis(min(values), max(values))
    lengths = [Fraction(bar.attrib["width"]) for bar in drawn]
    scale = {length / abs(Fraction(value)) for length, value in zip(lengths, values, strict=True) if value}
    assert len(scale) <= 1
    assert axis.first <= min(values)
    assert max(values) <= axis.ticks[-1]
    assert 0 in axis.ticks
    zero = {
        Fraction(bar.attrib["x"]) + (Fraction(bar.attrib["width"]) if value < 0 else 0)
        for bar, value in zip(drawn, values, strict=True)
    }
    assert len(zero) == 1


def test_grid_lines_stand_where_their_ticks_say() -> None:
    svg = parsed(chart(single("10", "40")))
    lines = [path.attrib["d"] for path in svg.iter(f"{SVG}path") if path.attrib.get("class") == "grid"]
    positions = [int(line[1:].split()[0]) for line in lines]
    first, second = bars(svg)
    assert nice_axis(Decimal(10), Decimal(40)) == Axis(Decimal(0), Decimal(10), 4)
    assert int(first.attrib["x"]) + int(first.attrib["width"]) == positions[1]
    assert int(second.attrib["x"]) + int(second.attrib["width"]) == positions[4]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        ("0", "0", "0 1"),
        ("0", "1", "0 0.25 0.50 0.75 1.00"),
        ("3", "7", "0 2 4 6 8"),
        ("0", "100000000000000", "0 25000000000000 50000000000000 75000000000000 100000000000000"),
        ("-1200", "3400", "-2000 0 2000 4000"),
        ("-30", "-10", "-30 -20 -10 0"),
        ("0.01", "0.03", "0 0.01 0.02 0.03"),
    ],
)
def test_axis_ticks_are_round_numbers_around_zero(low: str, high: str, ticks: str) -> None:
    assert nice_axis(Decimal(low), Decimal(high)).ticks == tuple(map(Decimal, ticks.split()))


def test_each_figure_is_written_with_its_own_digits() -> None:
    svg = parsed(chart([Bar("2026", "Pledged", Decimal("1250000.00"))]))
    assert texts(svg) == ["Pledged", "0", "0.5", "1", "1.5", "AUD, million", "2026", "1,250,000.00"]
    assert [title.text for title in svg.iter(f"{SVG}title")] == [
        "Contributions by year",
        "2026, Pledged: AUD 1,250,000.00",
    ]


def test_grouped_bars_follow_the_order_of_the_series_and_leave_out_what_is_not_there() -> None:
    rows = [
        Bar("2025", "Pledged", Decimal(4)),
        Bar("2025", "Committed", Decimal(2)),
        Bar("2026", "Committed", Decimal(8)),
        Bar("2026", "Pledged", Decimal(6)),
        Bar("2027", "Received", Decimal(0)),
    ]
    drawn = bars(parsed(chart(rows)))
    assert [bar.attrib["class"] for bar in drawn] == [
        "bar bar-1",
        "bar bar-2",
        "bar bar-1",
        "bar bar-2",
        "bar bar-3",
    ]
    widths = [Fraction(bar.attrib["width"]) for bar in drawn]
    assert [width / widths[1] for width in widths] == [2, 1, 3, 4, 0]
    tops = [int(bar.attrib["y"]) for bar in drawn]
    assert all(above + 18 <= below for above, below in pairwise(tops))


def test_a_stack_is_as_long_as_its_total_and_its_parts_touch() -> None:
    rows = [
        Bar("2026", name, Decimal(value)) for name, value in zip(STAGES, ("10.50", "0", "29.50"), strict=True)
    ]
    svg = parsed(chart(rows, is_stacked=True))
    first, middle, last = bars(svg)
    assert len({bar.attrib["y"] for bar in (first, middle, last)}) == 1
    assert Fraction(first.attrib["x"]) + Fraction(first.attrib["width"]) == Fraction(middle.attrib["x"])
    assert middle.attrib["width"] == "0"
    assert middle.attrib["x"] == last.attrib["x"]
    assert Fraction(last.attrib["width"]) / Fraction(first.attrib["width"]) == Fraction("29.50") / Fraction(
        "10.50"
    )
    assert texts(svg)[-1] == "40.00"


def test_chart_is_named_and_described_for_who_cannot_see_it() -> None:
    svg = parsed(chart(single("5")))
    title, desc = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert svg.attrib["role"] == "img"
    assert svg.attrib["aria-labelledby"].split() == [title.attrib["id"], desc.attrib["id"]]
    assert (title.text, desc.text) == ("Contributions by year", "Amounts by year and stage.")


def test_ids_are_unique_across_two_charts_and_every_reference_leads_somewhere() -> None:
    rows = [Bar("2026", stage, Decimal(5)) for stage in STAGES]
    page = f"<div>{chart(rows)}{chart(rows, title='Another')}</div>"
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) == 2 * (2 + 2)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)
    again = bar_chart("Another", "Amounts by year and stage.", rows, "AUD", chart_id="second")
    assert set(re.findall(r'\bid="([^"]+)"', again)).isdisjoint(ids)


def test_the_same_figures_give_the_same_text() -> None:
    assert chart(single("1", "2")) == chart(single("1", "2"))


def test_series_differ_in_pattern_besides_colour() -> None:
    rows = [Bar("2026", str(place), Decimal(5)) for place in range(MAX_SERIES)]
    looks = {
        (bar.attrib["fill"].startswith("url"), bar.attrib["stroke"]) for bar in bars(parsed(chart(rows)))
    }
    assert {stroke for _, stroke in looks} == set(COLOURS)
    combinations = {(place % len(COLOURS), place % len(PATTERNS)) for place in range(MAX_SERIES)}
    assert len(combinations) == MAX_SERIES
    adjacent = [PATTERNS[place % len(PATTERNS)] for place in range(MAX_SERIES)]
    assert all(one != other for one, other in pairwise(adjacent))


@pytest.mark.parametrize(
    "label", ["<b>bold</b>", 'a "quoted" & b', "</svg><script>x</script>", "']]>", "{0} %s"]
)
def test_labels_are_escaped_wherever_they_stand(label: str) -> None:
    markup = bar_chart(label, label, [Bar(label, label, Decimal(5))], label)
    svg = parsed(markup)
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} == {
        "svg",
        "title",
        "desc",
        "rect",
        "text",
        "path",
    }
    assert texts(svg).count(label) == 3
    assert [title.text for title in svg.iter(f"{SVG}title")] == [label, f"{label}, {label}: {label} 5"]


@given(st.text(max_size=30))
def test_no_label_breaks_the_drawing(label: str) -> None:
    parsed(bar_chart(label, label, [Bar(label, label, Decimal(1)), Bar(label + "x", "x", Decimal(1))], label))


def test_without_figures_a_sentence_says_so() -> None:
    assert chart([], title="By <year>") == Markup(
        '<p class="chart-empty">By &lt;year&gt;: there are no figures to show.</p>'
    )


def test_zeros_are_written_and_have_no_length() -> None:
    svg = parsed(chart(single("0.00", "0")))
    assert [bar.attrib["width"] for bar in bars(svg)] == ["0", "0"]
    assert texts(svg) == ["0", "1", "AUD", "2020", "0.00", "2021", "0"]


def test_forty_rows_of_three_stay_apart_and_within_the_drawing() -> None:
    rows = [Bar(str(1987 + year), stage, Decimal(year) * 1000) for year in range(40) for stage in STAGES]
    svg = parsed(chart(rows))
    drawn = bars(svg)
    _, _, width, height = map(int, svg.attrib["viewBox"].split())
    tops = [int(bar.attrib["y"]) for bar in drawn]
    assert len(drawn) == 120
    assert all(above + 18 <= below for above, below in pairwise(tops))
    assert tops[-1] + 18 < height
    assert all(Fraction(bar.attrib["x"]) + Fraction(bar.attrib["width"]) < width for bar in drawn)


def test_large_amounts_stay_within_the_drawing_and_legible() -> None:
    svg = parsed(chart(single("100000000000000.00", "1")))
    assert svg.attrib["viewBox"].split()[2] == "480"
    ends = [Fraction(bar.attrib["x"]) + Fraction(bar.attrib["width"]) for bar in bars(svg)]
    assert max(ends) < 300
    assert texts(svg)[:6] == ["0", "25", "50", "75", "100", "AUD, trillion"]
    assert "100,000,000,000,000.00" in texts(svg)


def test_a_long_name_is_shortened_in_sight_and_whole_in_its_title() -> None:
    name = "Office for the coordination of everything that has ever been coordinated in the region"
    svg = parsed(chart([Bar(name, "", Decimal(5))]))
    shown = next(text for text in texts(svg) if text.endswith("…"))
    assert name.startswith(shown[:-1].rstrip())
    assert f"{name}: AUD 5" in [title.text for title in svg.iter(f"{SVG}title")]


def test_markup_passes_a_policy_without_inline_styles() -> None:
    markup = chart([Bar("2026", stage, Decimal(5)) for stage in STAGES])
    assert not re.search(r"\sstyle=|<style|<script|\son\w+=", markup)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="13 series cannot be told apart: 12 at most"):
        chart([Bar("2026", str(place), Decimal(1)) for place in range(13)])
    with pytest.raises(ValueError, match="the figure of '2026', 'Pledged' is given twice"):
        chart([Bar("2026", "Pledged", Decimal(1)), Bar("2026", "Pledged", Decimal(2))])
    with pytest.raises(ValueError, match="the figure of '2020' is not a finite number"):
        chart(single("NaN"))
    with pytest.raises(ValueError, match="a stack has no negative part: '2020', ''"):
        chart(single("-1"), is_stacked=True)
    with pytest.raises(TypeError, match="the figure of '2026' is a float, not a Decimal"):
        chart([Bar("2026", "", 1.5)])  # type: ignore[arg-type]
