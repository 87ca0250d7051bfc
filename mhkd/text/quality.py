"""Whether a post can be judged, and what its faults mean for the answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from mhkd import limits
from mhkd.analysis import Finding
from mhkd.errors import InputError
from mhkd.text.normalise import count_letters, replace_unreadable, write_for_voice

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

# The commonest words of each language as they are written in posts, most of them
# carrying grammar, not content. Between two languages only the words count that
# one of them has and the other has not ("no" and "me" are Spanish, too).
_ENGLISH_WORDS: Final = """
    a about after again all always am an and any anymore anyone anything are aren't as at be
    because been before being but by can can't cannot cant could couldn't did didn't didnt do does
    doesn't doesnt doing don't dont even ever every everyone everything feel for from get getting
    go going gonna gotta had has have haven't having he he's her here him his how i i'd i'll i'm
    i've id idk if im in into is isn't isnt it it's its ive just know like lol make makes me more
    much my myself need never no not nothing now of off on one only or other our out over people
    please really she she's should so some someone something still such than thank that that's
    thats the their them then there there's these they they're thing things think this those
    through to too u until up ur us very wanna want wants was wasn't wasnt we we're were what
    what's when where which while who why will with won't wont would wouldn't yeah yes you you're
    your youre since first last next time times day days week weeks month year years today
    tomorrow yesterday new good bad better best same two back down help life love hate work
    friend friends feels felt feeling got went said maybe oh okay hey hi
"""
_ENGLISH: Final = frozenset(_ENGLISH_WORDS.split())
_OTHERS: Final = tuple(
    frozenset(words.split())
    for words in (
        # French
        """je j'ai j'en c'est n'ai qu'il tu il elle nous vous ils elles le la les un une des du de
        et est suis sont pas ne que qui dans pour sur avec plus mais ce cette mon ma mes sa ses
        me on a an as très rien jamais toujours tout aussi bien fait faire peux ça au aux par
        sans""",
        # German
        """ich du er sie wir ihr es der die das den dem ein eine einen einem einer und ist bin sind
        nicht kein keine mit von zu auf für aber auch noch nur schon wie wenn dass mich mir mein
        meine habe hat haben kann in an was so also immer mehr nichts oder wird war sich im am
        vom zum""",
        # Spanish
        """me no a he qué sé desde yo tú él ella nosotros el la los las un una unos y es soy son
        estoy está que de del en con por para pero muy más mi mis su sus se lo le ya sin nada
        nunca siempre todo como cuando porque tengo hay ser hacer al este esta eso""",
        # Italian
        """a i in no me so io tu lui lei noi il lo la gli le un una e è sono che di del della in
        con per non mi ma più anche come mio mia sempre niente mai tutto perché ho hai ha questo
        questa nel al""",
        # Portuguese
        """me a o no do eu tu ele ela nós o os as um uma e é sou são estou está que de do da em no
        na com por para não mas muito mais meu minha se já sem nada nunca sempre tudo como
        quando porque tenho isso esse essa ao""",
        # Dutch
        """is in we was me of ik jij je hij zij wij het een en van dat niet geen met voor maar ook
        nog al wel zijn heb heeft kan mij mijn meer niets altijd nooit omdat als bij naar aan""",
        # Polish
        """no i to do a ja ty on ona my nie się jest jestem są że i w z na do co to jak ale już
        tylko mnie mi mój moja bardzo nic nigdy zawsze wszystko dla przez po od""",
        # Turkish
        """o ben sen biz siz bir ve bu şu çok ama için değil var yok gibi daha her şey kadar ne
        bana benim artık hiç mi mı""",
    )
)


def check_text(text: str) -> None:
    """Refuses a text that no model could judge.

    Raises:
        InputError: empty, blank, fewer than ``limits.MIN_LETTERS`` letters or
            more than ``limits.MAX_CHARS`` characters.
    """
    if not text or not replace_unreadable(text).strip():
        raise InputError("There is no text yet. Write or paste the post to be analysed.")
    if len(text) > limits.MAX_CHARS:
        raise InputError(
            f"The post has {len(text):,} characters; at most {limits.MAX_CHARS:,} are accepted. "
            "Nothing was cut and nothing is lost: shorten it, or analyse it in parts."
        )
    letters = count_letters(text)
    if letters < limits.MIN_LETTERS:
        raise InputError(
            f"The post has {letters} letter{'' if letters == 1 else 's'}; at least "
            f"{limits.MIN_LETTERS} are needed. Write or paste the post in words."
        )


def judge_text(text: str) -> list[Finding]:
    """The faults of a post that can still be judged.

    ``not_english``, ``too_few_words`` and, where it is extreme, ``repetitive`` mean that no
    answer is given; ``short`` and otherwise ``repetitive`` are told.
    """
    words = [
        match.group().lower().replace("’", "'") for match in _WORD.finditer(write_for_voice(text))
    ]
    if not _is_english(text, words):
        return [
            Finding(
                "not_english",
                "The post doesn't read like English. The models learned from English posts "
                "only, so their answers mean little here.",
                "abstains",
            )
        ]
    return [*_judge_length(len(words)), *_judge_repetition(words)]


def measure_repeated_share(words: Sequence[str]) -> float:
    """Share of the runs of three words that repeat an earlier one; 0 for fewer than three."""
    runs = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def _judge_length(words: int) -> list[Finding]:
    count = f"{words} word{'' if words == 1 else 's'}"
    if words < limits.FEW_WORDS:
        return [
            Finding(
                "too_few_words",
                f"The post has {count}. The models learned from whole posts; "
                "an answer from so little is little more than a guess.",
                "abstains",
            )
        ]
    if words < limits.SHORT_WORDS:
        return [
            Finding(
                "short",
                f"The post has {count}; of the training posts of SDCNL, a set of such posts, 19 of "
                f"20 have at least {limits.SHORT_WORDS}. Each word weighs much, and the answer can "
                "turn on one.",
            )
        ]
    return []


def _judge_repetition(words: Sequence[str]) -> list[Finding]:
    if len(words) < limits.REPETITION_WORDS:
        return []
    share = measure_repeated_share(words)
    if share <= limits.REPEATED_SHARE:
        return []
    told = (
        f"{share:.0%} of the post’s runs of three words repeat earlier ones. Hardly any post that "
        "the models learned from repeats itself like this, and repetition can move an answer"
    )
    if share <= limits.ABSTAIN_REPEATED_SHARE:
        return [Finding("repetitive", f"{told}: rely on it less.")]
    return [Finding("repetitive", f"{told} at will.", "abstains")]


def _is_english(text: str, words: list[str]) -> bool:
    """A cautious guess: what stays undecided counts as English.

    Two signs speak against it. Most letters are not Latin; or, in a text of some
    length, function words of another language outnumber the English ones, or
    hardly any word is an English function word (in English prose and in posts,
    two of five are). Names and slang alone never decide in a short text.
    """
    if _measure_latin_share(text) < 0.5:
        return False
    if any(_reads_rather_like(other, words) for other in _OTHERS):
        return False
    if len(words) < limits.LANGUAGE_WORDS:
        return True
    return _count(words, _ENGLISH) >= limits.MIN_ENGLISH_SHARE * len(words)


def _reads_rather_like(other: frozenset[str], words: list[str]) -> bool:
    foreign = _count(words, other - _ENGLISH)
    return foreign > max(1, _count(words, _ENGLISH - other))


def _count(words: list[str], known: frozenset[str]) -> int:
    return sum(word in known for word in words)


def _measure_latin_share(text: str) -> float:
    letters = [char for char in text if char.isalpha()]
    latin = sum("LATIN" in unicodedata.name(char, "") for char in letters)
    return latin / len(letters) if letters else 1.0
