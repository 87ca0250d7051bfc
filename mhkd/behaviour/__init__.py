"""Does an answer change where it should not, or not as it should? Written pairs of posts."""
