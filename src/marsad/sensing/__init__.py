"""What a site senses with, and what each sensor measures."""
