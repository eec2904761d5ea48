"""The stylesheet and the mark: colours that everyone can read, and nothing asked of anybody else."""

from __future__ import annotations

import re

import pytest

from hub.web import templating
from hub.web.charts import COLOURS, INK
from tests.web.drawing import MARK, STYLESHEET

RULES = re.sub(r"/\*.*?\*/", "", STYLESHEET, flags=re.DOTALL)
COLOUR = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", RULES))
GROUNDS = {name: value for name, value in COLOUR.items() if name.endswith("-paper")}
# Text that stands on another ground than the one it is named after.
TEXT_ON = {
    "muted-ink": ("page-paper", "panel-paper"),
    "link-ink": ("page-paper", "panel-paper", "banner-paper"),
    "link-hover-ink": ("page-paper", "panel-paper", "banner-paper"),
    "link-visited-ink": ("page-paper", "panel-paper", "banner-paper"),
    "page-ink": ("page-paper", "panel-paper"),
    "error-ink": ("error-paper", "page-paper", "panel-paper"),
}
# What is not text but must be seen: edges of controls, the mark of the current page, frames of notices.
EDGES_ON = {
    "input-edge": ("page-paper", "panel-paper"),
    "accent-edge": ("page-paper", "panel-paper", "nav-paper"),
    "button-paper": ("page-paper", "panel-paper"),
    "warning-button-paper": ("page-paper",),
    "info-paper": ("page-paper",),
    "success-paper": ("page-paper",),
    "header-ink": ("header-paper",),
}
DECORATION = {"rule"}


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def text_pairs() -> list[tuple[str, str]]:
    own = [(name, f"{name.removesuffix('-ink')}-paper") for name in COLOUR if name.endswith("-ink")]
    named = [(ink, paper) for ink, paper in own if paper in COLOUR]
    return sorted({*named, *((ink, paper) for ink, papers in TEXT_ON.items() for paper in papers)})


def test_contrast_is_reckoned_as_wcag_defines_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(("ink", "paper"), text_pairs())
def test_text_has_the_contrast_of_wcag_aa(ink: str, paper: str) -> None:
    assert contrast(COLOUR[ink], COLOUR[paper]) >= 4.5


@pytest.mark.parametrize(
    ("edge", "paper"), [(edge, paper) for edge, papers in EDGES_ON.items() for paper in papers]
)
def test_controls_have_the_contrast_of_wcag_aa(edge: str, paper: str) -> None:
    assert contrast(COLOUR[edge], COLOUR[paper]) >= 3


@pytest.mark.parametrize("paper", GROUNDS)
def test_one_of_the_two_focus_rings_shows_on_every_ground(paper: str) -> None:
    rings = (COLOUR["focus-outer"], COLOUR["focus-inner"])
    assert max(contrast(ring, COLOUR[paper]) for ring in rings) >= 3
    assert contrast(*rings) >= 3


@pytest.mark.parametrize("colour", COLOURS)
def test_chart_colours_are_seen_on_the_page_and_differ_from_its_text(colour: str) -> None:
    assert contrast(colour, COLOUR["page-paper"]) >= 3
    assert contrast(INK, COLOUR["page-paper"]) >= 4.5


def test_every_colour_is_a_property_that_a_contrast_test_covers() -> None:
    used = set(re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(", RULES.partition("}")[2]))
    assert used == set()
    covered = {name for pair in text_pairs() for name in pair} | set(EDGES_ON) | DECORATION
    assert set(COLOUR) - covered == {"focus-outer", "focus-inner"}
    read = set(re.findall(r"var\(--([\w-]+)\)", RULES))
    assert read - set(COLOUR) == {"gap", "measure"}
    assert set(COLOUR) - read == set()


def test_a_rule_that_sets_two_colours_sets_a_pair() -> None:
    for body in re.findall(r"\{([^{}]*)\}", RULES):
        ink = re.search(r"(?<![\w-])color: var\(--([\w-]+)\)", body)
        paper = re.search(r"background: var\(--([\w-]+)\)", body)
        if ink and paper:
            assert (ink[1], paper[1]) in text_pairs(), body


def test_stylesheet_is_small_and_asks_nobody_else_for_anything() -> None:
    assert len(STYLESHEET.encode()) < 20_000
    assert not re.search(r"url\(|@import|@font-face|https?:", RULES)
    assert RULES.count("{") == RULES.count("}")


def test_directions_are_logical_so_that_right_to_left_mirrors_the_page() -> None:
    sides = "(?:left|right|top|bottom)"
    physical = rf"(?<![\w-])(?:(?:margin|padding|border)-{sides}|{sides}:|float:)"
    assert re.findall(physical, RULES) == []
    assert re.findall(r"text-align: (?:left|right)", RULES) == ["text-align: right"]
    assert ".table .number { text-align: right;" in RULES


def test_stylesheet_answers_print_motion_and_small_screens() -> None:
    for condition in (
        "print",
        "(prefers-reduced-motion: reduce)",
        "(forced-colors: active)",
        "(max-width: 36rem)",
    ):
        assert f"@media {condition} {{" in RULES
    outside = re.sub(r"@media \(prefers-reduced-motion[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}", "", RULES)
    assert not re.search(r"(?:transition|animation|scroll-behavior):", outside)


def test_every_class_of_the_layout_has_its_rule() -> None:
    known = set(re.findall(r"\.([a-z][\w-]*)", RULES))
    layouts = "".join(
        file.read_text(encoding="utf-8") for file in (templating.WEB_FOLDER / "layout").glob("*.html")
    )
    written = {
        name
        for value in re.findall(r'class="([^"]*)"', layouts)
        for name in re.sub(r"\{[%{].*?[%}]\}", " ", value).split()
        if not name.endswith("--")
    }
    assert written - known == set()


def test_the_mark_is_plain_drawing() -> None:
    assert not re.search(r"\sstyle=|<style|<script|href|on\w+=", MARK)
    light, dark = sorted(set(re.findall(r"#[0-9a-f]{6}", MARK)), reverse=True)
    assert contrast(light, dark) >= 3


def test_every_tone_has_its_rule_in_the_stylesheet() -> None:
    assert set(templating.TONES.values()) == {"green", "blue", "amber", "red"}
    assert all(f".tag--{tone} " in STYLESHEET for tone in templating.TONES.values())
    states = [state for states in templating._STATES_BY_TONE.values() for state in states.split()]
    assert len(states) == len(set(states))
