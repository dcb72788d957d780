"""Réglages: establishments, listeners, subscribers, tokens, inclusion lists, what is kept, backups, languages."""
