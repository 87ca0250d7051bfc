"""Which teachers, words, emotions and sounds a prediction rests on."""
