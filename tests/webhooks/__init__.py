"""Webhooks: genuine or not, and what they say."""
