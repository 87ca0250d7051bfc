"""Reading a post's text: clean code points, plain words for a voice."""
