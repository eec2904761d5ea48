"""What ends a run: figures of wrong answers are no figures."""

from __future__ import annotations

from hub.errors import HubError


class BenchFailed(HubError):
    """An answer was wrong, missing, or another than the other contenders'."""

    code = "BENCH"
