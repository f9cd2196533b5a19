"""One bot in six web frameworks, and tests of each over real sockets."""
