"""A bot that is asked before a message is sent."""
