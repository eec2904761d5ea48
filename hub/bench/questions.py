"""What every contender is asked: four documents, each as somebody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """A document of `documents/`, with who asks it and with which variables."""

    name: str
    persona: str | None
    """None: the public."""
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def document(self) -> str:
        """The GraphQL text."""
        return (files("hub.bench") / "documents" / f"{self.name}.graphql").read_text("utf-8")

    @property
    def statement(self) -> str:
        """The hand-written SQL that gives the very same answer."""
        return (files("hub.bench") / "statements" / f"{self.name}.sql").read_text("utf-8")


def questions(partner_id: str) -> list[Question]:
    """All four; `partner_id` is the global id of the partner's organisation."""
    return [
        Question("Q1", None),
        Question("Q2", "analyst"),
        Question("Q3", "co-manager-au", {"reference": "BEN-P-7"}),
        Question("Q4", "partner", {"own": partner_id}),
    ]
