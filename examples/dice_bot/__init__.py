"""A bot with commands: dice, a coin, and help."""
