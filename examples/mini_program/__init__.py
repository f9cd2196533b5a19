"""The server behind a WeChat mini program: from a user to a seat in the room."""
