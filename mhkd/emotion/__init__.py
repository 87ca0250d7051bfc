"""The emotion graph: a lexicon, MM-EMOG's graph, and the word embeddings it gives."""
