"""What a yes sets going, one file an action: each prepares a change of the state that is then written in one piece."""
