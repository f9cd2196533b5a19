"""Single calls behind a web request, made by the workers of a task queue."""
