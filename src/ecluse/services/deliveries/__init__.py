"""Deliveries: what is told outside reaches each subscriber at least once, in order per patient."""
