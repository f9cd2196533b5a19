"""The whole life of a chatroom, played against the emulator over a real socket."""
