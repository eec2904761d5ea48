"""How a secondment moves. Pure: no database, no clock."""

from __future__ import annotations

from enum import StrEnum


class SecondmentState(StrEnum):
    """From the terms of reference to the evaluation."""

    TOR_DRAFT = "TOR_DRAFT"
    CALL_OPEN = "CALL_OPEN"
    NOMINATED = "NOMINATED"
    SCREENED = "SCREENED"
    SELECTED = "SELECTED"
    AGREED = "AGREED"
    CLEARED = "CLEARED"
    DEPLOYED = "DEPLOYED"
    EXTENDED = "EXTENDED"
    HANDOVER = "HANDOVER"
    COMPLETED = "COMPLETED"
    EVALUATED = "EVALUATED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    CURTAILED = "CURTAILED"


class SecondeeKind(StrEnum):
    """Who may be seconded."""

    GOVERNMENT_OFFICIAL = "GOVERNMENT_OFFICIAL"
    NON_GOVERNMENT_NATIONAL = "NON_GOVERNMENT_NATIONAL"
