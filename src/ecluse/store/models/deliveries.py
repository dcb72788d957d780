"""Where things are sent: subscribers, destinations, what waits for them."""
