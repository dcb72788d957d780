"""Signing in by Pro Santé Connect or by the establishment's own identity provider."""
