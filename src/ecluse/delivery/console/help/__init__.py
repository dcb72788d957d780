"""Aide: the words, the rules, how to read a refusal, the keys; and the statement of accessibility."""
