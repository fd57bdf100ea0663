"""Friend, neutral, unknown, suspect; and why."""
