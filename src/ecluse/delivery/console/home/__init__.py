"""The first page: is it alive, what came, what was refused, what to do this week."""
