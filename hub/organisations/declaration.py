"""What a partner declares when it applies. A changed text is another version; what was agreed to is kept."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

VERSION: Final = "2026-11"


class Statement(StrEnum):
    """One thing that a focal point declares for its organisation."""

    TRUE_AND_COMPLETE = "TRUE_AND_COMPLETE"
    AUTHORISED = "AUTHORISED"
    NO_SANCTIONS = "NO_SANCTIONS"
    NO_EXPLOITATION = "NO_EXPLOITATION"
    PROTECTION = "PROTECTION"
    CHECKS = "CHECKS"


TEXTS: Final[Mapping[Statement, str]] = MappingProxyType(
    {
        Statement.TRUE_AND_COMPLETE: "What we state here and in the documents is true and complete, and we "
        "will tell the Regional Support Office when it changes.",
        Statement.AUTHORISED: "I am authorised to make this declaration for my organisation.",
        Statement.NO_SANCTIONS: "Neither the organisation nor those who direct it are subject to sanctions "
        "of the United Nations Security Council.",
        Statement.NO_EXPLOITATION: "Neither the organisation nor those who direct it have taken part in "
        "human trafficking, people smuggling, or the exploitation or abuse of people.",
        Statement.PROTECTION: "We will treat the people whom our work concerns without discrimination, keep "
        "what we know of them confidential, and do them no harm.",
        Statement.CHECKS: "The Regional Support Office may check what we state, and may ask its Co-Managers "
        "and other Members about us.",
    }
)


def whole() -> str:
    """The declaration as it is kept with an application: its version, then each statement."""
    return "\n".join([f"Declaration {VERSION}", *(f"- {TEXTS[statement]}" for statement in Statement)])
