"""The classifiers: text (also the student), audio, emotion; and their backbones."""
