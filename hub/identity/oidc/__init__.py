"""Signing in at OpenID Connect providers, and the access tokens that they issue."""
