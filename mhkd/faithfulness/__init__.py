"""Which explanations deserve belief: measured on held-out posts."""
