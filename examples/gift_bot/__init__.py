"""A bot that ranks gifts in the queue of a room."""
