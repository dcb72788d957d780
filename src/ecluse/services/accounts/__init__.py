"""Accounts of the console: who may sign in, by which means, and what each may do."""
