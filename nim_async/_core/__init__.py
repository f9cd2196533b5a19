"""Protocol rules without I/O: no await, no socket, no clock of its own."""
