"""Invented data for `hub demo`: deterministic, without a real person, and marked wherever it is shown."""
