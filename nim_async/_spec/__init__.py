"""The facts of the service (``chatroom.json``) and what the generator adds (``overrides.toml``)."""
