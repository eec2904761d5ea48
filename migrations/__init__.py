"""Alembic migrations; `hub migrate` runs them."""
