"""How things move: rockets, the air they move in."""
