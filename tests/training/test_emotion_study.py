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
    return {"variant": name, "accuracy": accuracy, "interval": [low, high], "log_loss": 0.6, "n": 9}


def test_the_card_says_when_the_emotions_add_nothing():
    rows = [
        make_row("graph", 0.70, 0.66, 0.74),
        make_row("graph, emotions shuffled", 0.69, 0.65, 0.73),
        make_row("contexts and graph", 0.80, 0.76, 0.84),
        make_row("contexts and graph, emotions shuffled", 0.69, 0.65, 0.73),
    ]
    told = tell_emotion_study(rows)
    assert "| graph | 70.0 [66.0, 74.0] | 0.600 |" in told
    assert "Graph: the emotions add nothing that this n can show." in told
    assert "Contexts and graph: the emotions count." in told
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
