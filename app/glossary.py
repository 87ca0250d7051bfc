"""The words that the pages use, each in a sentence or two. Pure text."""

from __future__ import annotations

from typing import Final

TERMS: Final[tuple[tuple[str, str], ...]] = (
    (
        "Post",
        "What is judged: one text, with its recording where there is one. Never a person.",
    ),
    (
        "Teacher",
        "A large model that knows one way into a post: its text, its sound, or its emotion words.",
    ),
    ("Soft target", "The mean of the teachers’ calibrated probabilities for a training post."),
    (
        "Student",
        "A small text model that learned from labels and soft targets (distillation). It answers "
        "alone.",
    ),
    (
        "Calibrated probability",
        "Of posts with probability 0.7, about 70 % should carry that label, on posts like those "
        "it was calibrated on.",
    ),
    (
        "Not decided",
        "The student’s probability lies between 0.4 and 0.6, or its set holds several labels.",
    ),
    (
        "Set of labels",
        "Labels that can’t be told apart at a stated share, by split conformal prediction; the "
        "promise holds on average over posts like the held-out ones.",
    ),
    (
        "Contribution",
        "A teacher’s exact Shapley value: its fair part, in signed points of probability, of the "
        "way from no teacher to all of them.",
    ),
    (
        "Shapley value",
        "What someone adds on average over all orders in which they and the others can join; the "
        "values of all add up to the whole.",
    ),
    (
        "Attribution",
        "How much a word, a stretch of sound or an emotion moves a model’s answer; it says what "
        "the model rests on, not what is true.",
    ),
    (
        "Trust mark",
        "Whether an attribution stood a test: taking its strongest words away must move the "
        "answer more than taking random ones.",
    ),
    ("Divergence", "How far two answers lie apart (Jensen–Shannon, in bits); 0 is the same."),
    (
        "Outside",
        "The post lies farther from the training posts than a limit set on held-out ones; the "
        "numbers then mean little.",
    ),
    (
        "Macro-F1",
        "For each label the balance of posts found and posts named rightly, 0 to 1; the mean over "
        "the labels, rare or frequent.",
    ),
    (
        "AUC",
        "How often a post with a label gets a higher probability of it than a post without; 0.5 "
        "is chance.",
    ),
    ("ECE", "How many points the probabilities were off on average, over ten equal bins."),
)


def explain(*terms: str) -> str:
    """What terms mean, each a paragraph of Markdown, for the help beside where they first stand.

    Raises:
        KeyError: a term is not in the glossary.
    """
    meanings = dict(TERMS)
    return "\n\n".join(f"**{term}.** {meanings[term]}" for term in terms)
