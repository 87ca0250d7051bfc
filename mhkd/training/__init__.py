"""From labelled posts to a bundle: speech, teachers, soft targets, students."""
