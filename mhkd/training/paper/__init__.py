"""3M-Health to the letter: its models, its loss, its faults, each fault a switch of the recipe."""
