from mhkd.emotion.lexicon import Lexicon
from mhkd.training.card_studies import tell_emotion_study, tell_subsets
from mhkd.training.emotion_study import shuffle_emotions

LEXICON = Lexicon(
    "mine", ("joy", "fear"), {w: (("joy",) if w < "e" else ("fear",)) for w in "abcdefgh"}
)


def test_shuffling_keeps_the_words_and_the_sets_but_not_their_places():
    shuffled = shuffle_emotions(LEXICON, 0)
    assert list(shuffled.words) == list(LEXICON.words)
    assert sorted(shuffled.words.values()) == sorted(LEXICON.words.values())
    assert shuffled.words != LEXICON.words
    assert shuffle_emotions(LEXICON, 0).words == shuffled.words


def make_row(name, accuracy, low, high):
    return {
        "variant": name,
        "accuracy": accuracy,
        "interval": [low, high],
        "log_loss": 0.6,
        "n": 1000,
    }


def test_the_card_tells_what_the_emotions_add_and_how_surely():
    rows = [
        make_row("graph", 0.70, 0.66, 0.74),
        make_row("graph, emotions shuffled", 0.69, 0.65, 0.73),
        make_row("contexts and graph", 0.80, 0.76, 0.84),
        make_row("contexts and graph, emotions shuffled", 0.69, 0.65, 0.73),
    ]
    told = tell_emotion_study(rows, 0.81)
    assert "| graph | 70.0 [66.0, 74.0] | 0.600 |" in told
    assert "Graph, its own emotions against shuffled ones: +1.0 points [−" in told
    assert "Contexts and graph, its own emotions against shuffled ones: +11.0 points [+7" in told
    assert "That is one shuffle" in told
    assert (
        "trained a second time for this comparison: 80.0%, where the one that ships has 81.0%"
        in (told)
    )
    assert "second time" not in tell_emotion_study(rows)
    assert tell_emotion_study([]) == ""


def test_the_card_holds_means_and_spreads_of_subsets():
    def row(teachers, mean, sd):
        values = {"values": [mean], "mean": mean, "sd": sd}
        return {"teachers": teachers, "seeds": [0], "accuracy": values, "f1_macro": values}

    found = {
        "students": [row([], 0.7, 0.01), row(["text", "audio"], 0.75, None)],
        "shapley": {
            "f1_macro": {"text": {"mean": 0.03, "sd": 0.01}, "audio": {"mean": -0.01, "sd": 0.02}}
        },
        "shapley_seeds": [0, 1, 2],
    }
    told = tell_subsets(found)
    assert "| none | 1 | 70.0 ± 1.0 | 70.0 ± 1.0 |" in told
    assert "| text + audio | 1 | 75.0 | 75.0 |" in told
    assert "over these 3: text +3.0 ± 1.0 points, audio -1.0 ± 2.0 points (within noise)." in told
    assert tell_subsets(None) == ""
