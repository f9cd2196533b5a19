"""What a room is made of: members, messages, queue, tags, and the room that holds them."""
