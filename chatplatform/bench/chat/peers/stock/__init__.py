"""A chat as the tutorials of Django and Channels show it: consumer, channel layer, ORM; by itself, with settings of its own."""
