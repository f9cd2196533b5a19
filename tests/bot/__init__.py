"""Bots: routers and handlers, inboxes, verdicts."""
