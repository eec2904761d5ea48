"""Drawing the layout and its pieces without a server, and reading what came of it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from jinja2 import Environment

from hub.web.templating import ASSET_FOLDER

STYLESHEET = (ASSET_FOLDER / "base.css").read_text(encoding="utf-8")
MARK = (ASSET_FOLDER / "mark.svg").read_text(encoding="utf-8")
VOID = {"meta", "link", "img", "input", "br", "hr"}
VIEWER = {
    "name": "Wita <Example>",
    "organisation": {"shortName": "Indonesia"},
    "roles": ["FOCAL_POINT", "CO_MANAGER"],
}
PAGE = """{% extends "layout/base.html" %}
{% block title %}Initiatives{% endblock %}
{% block main %}<h1>Initiatives</h1>{% endblock %}"""
PIECES = """{% from "layout/macros.html" import state_tag, money, date, instant, reference, notification,
  summary_list, figures, table, pagination, filter_panel %}"""


class Page(HTMLParser):
    """The elements of a page; AssertionError where tags do not nest."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(markup)
        self.close()
        assert self.open == [], self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), (tag, attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def framed(templates: Environment, **context: Any) -> Page:
    given = {"viewer": None, "is_demonstration": False, "can_sign_in": False, "path": "/"} | context
    return Page(templates.from_string(PAGE).render(given))


def piece(templates: Environment, source: str, **context: Any) -> str:
    markup = templates.from_string(PIECES + source).render(context).strip()
    Page(markup)
    return markup
