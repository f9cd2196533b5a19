"""Small programs that show the library at work, each with its own tests."""
