"""Sound: decoding a recording, judging its quality, speaking a post."""
