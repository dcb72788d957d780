"""Who may ask, for what, and what they were shown: tokens, establishments, sites, inclusion lists, access trail."""
