"""Programs that show what calls do while the network and the service misbehave."""
