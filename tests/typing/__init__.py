"""Types of the public API, checked and never executed."""
