"""The TLS of the listeners: which certificate they show, which clients they admit, and whom they refused and why."""
