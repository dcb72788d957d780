"""Accounts: sign-in, first visit, invitations, one's own means and sessions, and their administration."""
