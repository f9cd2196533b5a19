"""The facts of the service (``*.json``) and what the generator adds (``overrides.toml``)."""
