"""Signing in by an OpenID Connect provider: Pro Santé Connect, or the establishment's own.

`sign_in` begins and ends a sign-in, `sessions` keeps it alive and ends it, `providers` knows who is asked.
"""
